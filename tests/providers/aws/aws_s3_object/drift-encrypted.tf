resource "aws_kms_key" "data" {
  deletion_window_in_days = 7
}

resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-object"
  force_destroy = true
}

resource "aws_s3_object" "main" {
  bucket                 = aws_s3_bucket.main.id
  key                    = "motd/today.txt"
  content                = "hello"
  server_side_encryption = "aws:kms"
  kms_key_id             = aws_kms_key.data.arn
  bucket_key_enabled     = true
}
