resource "aws_vpc" "main" {
  cidr_block                           = "10.1.0.0/16"
  enable_dns_hostnames                 = true
  enable_network_address_usage_metrics = false
  tags                                 = { Name = "main" }
}
