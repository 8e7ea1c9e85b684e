resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-payment"
  force_destroy = true
}

resource "aws_s3_bucket_request_payment_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  payer  = "BucketOwner"
}
