resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-acl"
  force_destroy = true
}

resource "aws_s3_bucket_ownership_controls" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "main" {
  bucket     = aws_s3_bucket.main.id
  acl        = "authenticated-read"
  depends_on = [aws_s3_bucket_ownership_controls.main]
}
