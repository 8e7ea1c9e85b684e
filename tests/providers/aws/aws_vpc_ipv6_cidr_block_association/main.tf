resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"

  # The VPC tells of the block as its own.
  lifecycle {
    ignore_changes = [assign_generated_ipv6_cidr_block]
  }
}

resource "aws_vpc_ipv6_cidr_block_association" "more" {
  vpc_id                           = aws_vpc.main.id
  assign_generated_ipv6_cidr_block = true
}
