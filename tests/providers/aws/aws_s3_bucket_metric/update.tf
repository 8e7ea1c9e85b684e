resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-metric"
  force_destroy = true
}

resource "aws_s3_bucket_metric" "main" {
  bucket = aws_s3_bucket.main.id
  name   = "documents"

  filter {
    prefix = "papers/"
  }
}
