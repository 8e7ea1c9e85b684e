resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"

  lifecycle {
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_ec2_tag" "owner" {
  resource_id = aws_vpc.main.id
  key         = "Team"
  value       = "platform"
}
