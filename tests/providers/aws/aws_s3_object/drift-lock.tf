resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-object"
  force_destroy = true
  object_lock_enabled = true
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_object" "main" {
  bucket                        = aws_s3_bucket_versioning.main.bucket
  key                           = "motd/today.txt"
  content                       = "hello"
  force_destroy                 = true
  object_lock_legal_hold_status = "ON"
  object_lock_mode              = "GOVERNANCE"
  object_lock_retain_until_date = "2040-01-01T00:00:00Z"
}
