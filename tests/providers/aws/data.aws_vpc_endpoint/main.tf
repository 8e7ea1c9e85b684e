resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.us-east-1.s3"
  tags         = { Name = "s3" }
}

data "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc_endpoint.s3.vpc_id
  service_name = aws_vpc_endpoint.s3.service_name
}

output "found" {
  value = data.aws_vpc_endpoint.s3.id == aws_vpc_endpoint.s3.id && data.aws_vpc_endpoint.s3.tags == tomap({ Name = "s3" })
}

output "type" {
  value = data.aws_vpc_endpoint.s3.vpc_endpoint_type
}
