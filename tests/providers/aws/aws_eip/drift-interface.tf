resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_network_interface" "web" {
  subnet_id   = aws_subnet.a.id
  private_ips = ["10.0.1.10", "10.0.1.11"]
}

resource "aws_eip" "a" {
  domain                    = "vpc"
  network_interface         = aws_network_interface.web.id
  associate_with_private_ip = "10.0.1.11"
  depends_on                = [aws_internet_gateway.main]
}
