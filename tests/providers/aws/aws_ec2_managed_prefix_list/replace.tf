resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv6"
  max_entries    = 5

  entry {
    cidr = "2001:db8::/32"
  }
}
