data "aws_service_principal" "current" {
  service_name = "ec2"
}

output "value" {
  value = data.aws_service_principal.current.name
}
