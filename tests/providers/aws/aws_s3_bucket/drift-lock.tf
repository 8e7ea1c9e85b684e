resource "aws_s3_bucket" "logs" {
  bucket        = "evenkeel-example-logs"
  force_destroy = true

  object_lock_configuration {
    object_lock_enabled = "Enabled"

    rule {
      default_retention {
        mode = "GOVERNANCE"
        days = 1
      }
    }
  }
}
