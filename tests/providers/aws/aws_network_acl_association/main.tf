resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_network_acl" "web" {
  vpc_id = aws_vpc.main.id
}

resource "aws_network_acl" "other" {
  vpc_id = aws_vpc.main.id
}

resource "aws_network_acl_association" "a" {
  network_acl_id = aws_network_acl.web.id
  subnet_id      = aws_subnet.a.id
}
