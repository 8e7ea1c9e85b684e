resource "aws_kms_key" "data" {
  description              = "Data of the application"
  deletion_window_in_days  = 7
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "RSA_2048"
  tags                     = { Team = "web" }
}
