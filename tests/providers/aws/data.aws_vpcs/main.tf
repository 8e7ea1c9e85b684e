resource "aws_vpc" "main" {
  cidr_block = "10.9.0.0/16"
  tags       = { Group = "looked-up" }
}

data "aws_vpcs" "group" {
  tags = { Group = "looked-up" }

  depends_on = [aws_vpc.main]
}

output "found" {
  value = data.aws_vpcs.group.ids == tolist([aws_vpc.main.id])
}
