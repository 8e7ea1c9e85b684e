resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-inventory"
  force_destroy = true
}

resource "aws_s3_bucket" "lists" {
  bucket        = "evenkeel-example-inventory-lists"
  force_destroy = true
}

resource "aws_s3_bucket_inventory" "main" {
  bucket                   = aws_s3_bucket.main.id
  name                     = "all"
  included_object_versions = "All"
  optional_fields          = ["Size", "StorageClass"]

  filter {
    prefix = "documents/"
  }

  schedule {
    frequency = "Daily"
  }

  destination {
    bucket {
      format     = "CSV"
      bucket_arn = aws_s3_bucket.lists.arn
      prefix     = "lists"
    }
  }
}
