resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-logging"
  force_destroy = true
}

resource "aws_s3_bucket" "logs" {
  count         = 2
  bucket        = "evenkeel-example-logging-target-${count.index}"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "logs" {
  count  = 2
  bucket = aws_s3_bucket.logs[count.index].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.logs[count.index].arn}/*"
    }]
  })
}

resource "aws_s3_bucket_logging" "main" {
  bucket        = aws_s3_bucket.main.id
  target_bucket = aws_s3_bucket.logs[0].id
  target_prefix = "log/"
  depends_on    = [aws_s3_bucket_policy.logs]

  target_grant {
    permission = "READ"

    grantee {
      type = "Group"
      uri  = "http://acs.amazonaws.com/groups/global/AllUsers"
    }
  }
}
