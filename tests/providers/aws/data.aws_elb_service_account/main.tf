data "aws_elb_service_account" "current" {}

output "value" {
  value = data.aws_elb_service_account.current.arn
}
