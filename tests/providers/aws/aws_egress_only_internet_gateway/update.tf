resource "aws_vpc" "main" {
  cidr_block                       = "10.0.0.0/16"
  assign_generated_ipv6_cidr_block = true
}

resource "aws_egress_only_internet_gateway" "out" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "b" }
}
