resource "aws_default_vpc" "main" {
  enable_dns_hostnames                 = true
  enable_network_address_usage_metrics = false
  tags                                 = { Name = "a" }
}
