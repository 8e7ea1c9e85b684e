resource "aws_s3_bucket" "logs" {
  bucket        = "evenkeel-example-logs"
  force_destroy = true
  acl           = "private"
}
