resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-notification"
  force_destroy = true
}

resource "aws_s3_bucket_notification" "main" {
  bucket = aws_s3_bucket.main.id

  queue {
    id            = "uploads"
    queue_arn     = "arn:aws:sqs:us-east-1:123456789012:uploads"
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "uploads/"
  }
}
