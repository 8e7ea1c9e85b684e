resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

data "aws_security_group" "default" {
  name   = "default"
  vpc_id = aws_vpc.main.id
}

output "same" {
  value = data.aws_security_group.default.id == aws_vpc.main.default_security_group_id
}
