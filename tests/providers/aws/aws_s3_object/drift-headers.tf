resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-object"
  force_destroy = true
}

resource "aws_s3_object" "main" {
  bucket              = aws_s3_bucket.main.id
  key                 = "motd/today.txt"
  content_base64      = base64encode("hello")
  content_encoding    = "identity"
  content_language    = "en"
  content_disposition = "inline"
  cache_control       = "no-cache"
  storage_class       = "STANDARD_IA"
  website_redirect    = "/motd/"
}
