resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv4"
  max_entries    = 5
  tags           = { Name = "offices" }

  entry {
    cidr        = "10.1.0.0/16"
    description = "Berlin"
  }

  entry {
    cidr = "10.2.0.0/16"
  }
}
