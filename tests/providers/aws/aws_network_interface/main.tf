resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group" "other" {
  name   = "other"
  vpc_id = aws_vpc.main.id
}

resource "aws_network_interface" "web" {
  subnet_id         = aws_subnet.a.id
  description       = "front"
  private_ips       = ["10.0.1.10"]
  security_groups   = [aws_security_group.web.id]
  source_dest_check = false
  tags              = { Name = "web" }
}
