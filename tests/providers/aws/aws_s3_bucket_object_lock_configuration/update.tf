resource "aws_s3_bucket" "main" {
  bucket              = "evenkeel-example-lock"
  force_destroy       = true
  object_lock_enabled = true
}

resource "aws_s3_bucket_object_lock_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 2
    }
  }
}
