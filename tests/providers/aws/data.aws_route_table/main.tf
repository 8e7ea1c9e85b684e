resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "a" {
  vpc_id = aws_vpc.main.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

data "aws_route_table" "a" {
  route_table_id = aws_route_table.a.id
}

output "blocks" {
  value = data.aws_route_table.a.routes[*].cidr_block
}

output "vpc" {
  value = data.aws_route_table.a.vpc_id == aws_vpc.main.id
}
