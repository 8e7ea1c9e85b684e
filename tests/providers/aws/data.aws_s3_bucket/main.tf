resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-data"
  force_destroy = true
}

data "aws_s3_bucket" "main" {
  bucket = aws_s3_bucket.main.id
}

output "arn" {
  value = data.aws_s3_bucket.main.arn
}

output "region" {
  value = data.aws_s3_bucket.main.bucket_region
}

output "domain" {
  value = data.aws_s3_bucket.main.bucket_regional_domain_name
}
