resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-replication"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket" "copy" {
  bucket        = "evenkeel-example-replication-copy"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "copy" {
  bucket = aws_s3_bucket.copy.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_replication_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  role   = "arn:aws:iam::123456789012:role/replication"

  rule {
    id       = "documents"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Disabled"
    }

    destination {
      bucket        = aws_s3_bucket.copy.arn
      storage_class = "GLACIER"
    }
  }

  depends_on = [aws_s3_bucket_versioning.main, aws_s3_bucket_versioning.copy]
}
