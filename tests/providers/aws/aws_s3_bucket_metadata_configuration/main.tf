resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-metadata"
  force_destroy = true
}

resource "aws_s3_bucket_metadata_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  metadata_configuration {
    inventory_table_configuration {
      configuration_state = "ENABLED"
    }

    journal_table_configuration {
      record_expiration {
        days       = 7
        expiration = "ENABLED"
      }
    }
  }
}
