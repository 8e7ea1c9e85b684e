resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-ownership"
  force_destroy = true
}

resource "aws_s3_bucket_ownership_controls" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    object_ownership = "ObjectWriter"
  }
}
