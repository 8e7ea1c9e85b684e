resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-tiering"
  force_destroy = true
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  name   = "archive"

  filter {
    prefix = "documents/"
    tags   = { Class = "blue" }
  }

  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 125
  }
}
