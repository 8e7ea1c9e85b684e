resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
  tags   = { Group = "looked-up" }
}

data "aws_security_groups" "web" {
  tags = { Group = "looked-up" }

  depends_on = [aws_security_group.web]
}

output "ids" {
  value = data.aws_security_groups.web.ids == tolist([aws_security_group.web.id])
}

output "arns" {
  value = data.aws_security_groups.web.arns == tolist([aws_security_group.web.arn])
}
