resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-data-object"
  force_destroy = true
}

resource "aws_s3_object" "main" {
  bucket       = aws_s3_bucket.main.id
  key          = "settings.json"
  content      = jsonencode({ size = 3 })
  content_type = "application/json"
  metadata     = { author = "me" }
}

data "aws_s3_object" "main" {
  bucket = aws_s3_object.main.bucket
  key    = aws_s3_object.main.key
}

output "size" {
  value = jsondecode(data.aws_s3_object.main.body).size
}

output "metadata" {
  value = data.aws_s3_object.main.metadata
}
