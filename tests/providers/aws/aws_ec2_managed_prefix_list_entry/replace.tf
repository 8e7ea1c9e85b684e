resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv4"
  max_entries    = 5
}

resource "aws_ec2_managed_prefix_list_entry" "berlin" {
  prefix_list_id = aws_ec2_managed_prefix_list.offices.id
  cidr           = "10.3.0.0/16"
  description    = "Berlin"
}
