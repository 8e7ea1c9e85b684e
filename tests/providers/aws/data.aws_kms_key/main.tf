resource "aws_kms_key" "data" {
  description             = "Data of the application"
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "data" {
  name          = "alias/data"
  target_key_id = aws_kms_key.data.key_id
}

data "aws_kms_key" "data" {
  key_id = aws_kms_alias.data.target_key_arn
}

output "value" {
  value = "${data.aws_kms_key.data.description}: ${data.aws_kms_key.data.key_state}"
}
