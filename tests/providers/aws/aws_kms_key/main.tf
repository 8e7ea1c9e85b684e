resource "aws_kms_key" "data" {
  description             = "Data of the application"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  tags                    = { Team = "web" }
}
