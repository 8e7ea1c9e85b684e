resource "aws_vpc" "main" {
  cidr_block           = "10.9.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "looked-up" }
}

data "aws_vpc" "main" {
  id = aws_vpc.main.id
}

data "aws_vpc" "default" {
  default = true
}

output "block" {
  value = data.aws_vpc.main.cidr_block
}

output "hostnames" {
  value = data.aws_vpc.main.enable_dns_hostnames
}

output "name" {
  value = data.aws_vpc.main.tags["Name"]
}

output "default" {
  value = data.aws_vpc.default.default
}
