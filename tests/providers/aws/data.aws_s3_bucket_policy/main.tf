resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-data-policy"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket.main.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:DeleteBucket"
      Resource  = aws_s3_bucket.main.arn
    }]
  })
}

data "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket_policy.main.bucket
}

output "effect" {
  value = jsondecode(data.aws_s3_bucket_policy.main.policy).Statement[0].Effect
}
