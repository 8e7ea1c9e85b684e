resource "aws_s3_bucket" "main" {
  bucket        = "evenkeel-example-data-objects"
  force_destroy = true
}

resource "aws_s3_object" "main" {
  count   = 3
  bucket  = aws_s3_bucket.main.id
  key     = "list/${count.index}"
  content = "x"
}

data "aws_s3_objects" "main" {
  bucket     = aws_s3_bucket.main.id
  prefix     = "list/"
  depends_on = [aws_s3_object.main]
}

output "keys" {
  value = data.aws_s3_objects.main.keys
}
