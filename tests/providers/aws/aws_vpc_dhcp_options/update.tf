resource "aws_vpc_dhcp_options" "main" {
  domain_name         = "example.com"
  domain_name_servers = ["AmazonProvidedDNS"]
  ntp_servers         = ["169.254.169.123"]
  tags                = { Name = "b" }
}
