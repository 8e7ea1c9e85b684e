resource "aws_default_vpc_dhcp_options" "main" {
  tags = { Name = "b" }
}
