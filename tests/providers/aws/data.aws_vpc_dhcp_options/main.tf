resource "aws_vpc_dhcp_options" "main" {
  domain_name         = "example.internal"
  domain_name_servers = ["10.0.0.2"]
}

data "aws_vpc_dhcp_options" "main" {
  dhcp_options_id = aws_vpc_dhcp_options.main.id
}

output "domain" {
  value = data.aws_vpc_dhcp_options.main.domain_name
}

output "servers" {
  value = data.aws_vpc_dhcp_options.main.domain_name_servers
}
