resource "aws_s3_bucket" "logs" {
  bucket        = "evenkeel-example-other"
  force_destroy = true
  tags          = { Team = "platform" }
}
