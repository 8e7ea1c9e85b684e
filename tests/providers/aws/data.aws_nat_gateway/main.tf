resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_nat_gateway" "a" {
  subnet_id         = aws_subnet.a.id
  connectivity_type = "private"
}

data "aws_nat_gateway" "a" {
  id = aws_nat_gateway.a.id
}

output "kind" {
  value = data.aws_nat_gateway.a.connectivity_type
}

output "subnet" {
  value = data.aws_nat_gateway.a.subnet_id == aws_subnet.a.id
}
