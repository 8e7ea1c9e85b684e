resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-analytics"
  force_destroy = true
}

resource "aws_s3_bucket_analytics_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  name   = "documents"

  filter {
    prefix = "documents/"
  }
}
