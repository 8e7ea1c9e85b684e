data "aws_ami" "amazon" {
  most_recent = true
  owners      = ["amazon"]
  name_regex  = "^amzn2-ami-hvm-2.*-x86_64-gp2$"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_instance" "web" {
  ami           = data.aws_ami.amazon.id
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.a.id
  user_data     = "#!/bin/sh\necho hello\n"
}
