data "aws_caller_identity" "current" {}

output "value" {
  value = data.aws_caller_identity.current.account_id
}
