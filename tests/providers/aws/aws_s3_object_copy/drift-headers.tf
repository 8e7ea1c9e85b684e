resource "aws_kms_key" "data" {
  deletion_window_in_days = 7
}

resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-copies"
  force_destroy = true
}

resource "aws_s3_object" "original" {
  bucket  = aws_s3_bucket.main.id
  key     = "original.txt"
  content = "hello"
}

resource "aws_s3_object_copy" "main" {
  bucket                 = aws_s3_bucket.main.id
  key                    = "copy.txt"
  source                 = "${aws_s3_bucket.main.id}/${aws_s3_object.original.key}"
  metadata_directive     = "REPLACE"
  cache_control          = "no-cache"
  content_disposition    = "inline"
  content_encoding       = "identity"
  content_language       = "en"
  content_type           = "text/plain"
  metadata               = { author = "me" }
  storage_class          = "STANDARD_IA"
  website_redirect       = "/motd/"
  server_side_encryption = "aws:kms"
  kms_key_id             = aws_kms_key.data.arn
  bucket_key_enabled     = true
}
