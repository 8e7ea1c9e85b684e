resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "sites"
  address_family = "IPv4"
  max_entries    = 5
  tags           = { Name = "sites" }

  entry {
    cidr        = "10.1.0.0/16"
    description = "Hamburg"
  }

  entry {
    cidr = "10.3.0.0/16"
  }
}
