resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "looked-up"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr        = "10.1.0.0/16"
    description = "Berlin"
  }
}

data "aws_ec2_managed_prefix_list" "offices" {
  id = aws_ec2_managed_prefix_list.offices.id
}

output "entries" {
  value = data.aws_ec2_managed_prefix_list.offices.entries[*].cidr
}

output "most" {
  value = data.aws_ec2_managed_prefix_list.offices.max_entries
}
