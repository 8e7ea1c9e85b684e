resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "a" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.a.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

data "aws_route" "out" {
  route_table_id         = aws_route.out.route_table_id
  destination_cidr_block = aws_route.out.destination_cidr_block
}

output "gateway" {
  value = data.aws_route.out.gateway_id == aws_internet_gateway.main.id
}

output "block" {
  value = data.aws_route.out.destination_cidr_block
}
