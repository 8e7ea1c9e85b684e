resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-versioning"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id

  versioning_configuration {
    status = "Suspended"
  }
}
