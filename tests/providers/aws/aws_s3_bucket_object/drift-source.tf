resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-bucket-object"
  force_destroy = true
}

resource "aws_s3_bucket_object" "main" {
  bucket = aws_s3_bucket.main.id
  key    = "motd/today.txt"
  source = "${path.module}/motd.txt"
  etag   = filemd5("${path.module}/motd.txt")
}
