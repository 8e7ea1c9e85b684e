data "aws_ssm_parameter" "current" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

output "value" {
  value = startswith(nonsensitive(data.aws_ssm_parameter.current.value), "ami-")
}
