resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

data "aws_internet_gateway" "main" {
  filter {
    name   = "attachment.vpc-id"
    values = [aws_internet_gateway.main.vpc_id]
  }
}

output "same" {
  value = data.aws_internet_gateway.main.id == aws_internet_gateway.main.id
}

output "attached" {
  value = data.aws_internet_gateway.main.attachments[0].vpc_id == aws_vpc.main.id
}
