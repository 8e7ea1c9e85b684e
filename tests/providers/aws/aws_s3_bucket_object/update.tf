resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-bucket-object"
  force_destroy = true
}

resource "aws_s3_bucket_object" "main" {
  bucket       = aws_s3_bucket.main.id
  key          = "motd/today.txt"
  source       = "motd.txt"
  content_type = "text/plain"
  metadata     = { author = "me" }
  tags         = { Team = "platform" }
}
