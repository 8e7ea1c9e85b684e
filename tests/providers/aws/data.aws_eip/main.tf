resource "aws_eip" "main" {
  domain = "vpc"
}

data "aws_eip" "main" {
  id = aws_eip.main.id
}

output "same" {
  value = data.aws_eip.main.public_ip == aws_eip.main.public_ip
}
