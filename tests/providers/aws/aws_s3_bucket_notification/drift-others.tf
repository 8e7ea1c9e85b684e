resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-notification"
  force_destroy = true
}

resource "aws_s3_bucket_notification" "main" {
  bucket      = aws_s3_bucket.main.id
  eventbridge = true

  topic {
    id            = "reports"
    topic_arn     = "arn:aws:sns:us-east-1:123456789012:reports"
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "reports/"
  }

  lambda_function {
    id                  = "images"
    lambda_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:images"
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "images/"
  }
}
