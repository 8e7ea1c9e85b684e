resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

data "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = aws_subnet.a.cidr_block
}

output "zone" {
  value = data.aws_subnet.a.availability_zone
}

output "same" {
  value = data.aws_subnet.a.id == aws_subnet.a.id
}
