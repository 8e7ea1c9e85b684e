resource "aws_s3_bucket" "target" {
  bucket        = "evenkeel-example-logs-target"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "target" {
  bucket = aws_s3_bucket.target.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.target.arn}/*"
    }]
  })
}

resource "aws_s3_bucket" "logs" {
  bucket        = "evenkeel-example-logs"
  force_destroy = true

  acceleration_status = "Enabled"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:DeleteObject", Resource = "arn:aws:s3:::evenkeel-example-logs/*" }]
  })

  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["https://example.com"]
  }

  lifecycle_rule {
    id      = "old"
    enabled = true
    prefix  = "old/"

    expiration {
      days = 30
    }
  }

  logging {
    target_bucket = aws_s3_bucket.target.id
    target_prefix = "log/"
  }

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "aws:kms"
      }
    }
  }

  versioning {
    enabled = true
  }

  website {
    index_document = "index.html"
  }

  depends_on = [aws_s3_bucket_policy.target]
}
