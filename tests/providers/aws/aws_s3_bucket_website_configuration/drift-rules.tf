resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-website"
  force_destroy = true
}

resource "aws_s3_bucket_website_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  index_document {
    suffix = "index.html"
  }

  routing_rules = jsonencode([{
    Condition = { KeyPrefixEquals = "docs/" }
    Redirect  = { ReplaceKeyPrefixWith = "documents/" }
  }])
}
