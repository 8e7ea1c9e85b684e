resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

data "aws_network_acls" "all" {
  vpc_id = aws_vpc.main.id
}

output "found" {
  value = data.aws_network_acls.all.ids == tolist([aws_vpc.main.default_network_acl_id])
}
