resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-object"
  force_destroy = true
}

resource "aws_s3_object" "main" {
  bucket              = aws_s3_bucket.main.id
  key                 = "motd/today.txt"
  content             = "hello"
  content_type        = "text/plain"
  cache_control       = "no-cache"
  content_disposition = "inline"
  content_language    = "en"
  storage_class       = "STANDARD_IA"
  metadata            = { author = "me" }
  tags                = { Team = "platform" }
}
