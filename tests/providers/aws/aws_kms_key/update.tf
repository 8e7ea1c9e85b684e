resource "aws_kms_key" "data" {
  description             = "What the application"
  deletion_window_in_days = 7
  enable_key_rotation     = false
  tags                    = { Team = "front" }
}
