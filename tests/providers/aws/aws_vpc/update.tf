resource "aws_vpc" "main" {
  cidr_block                           = "10.0.0.0/16"
  enable_dns_hostnames                 = false
  enable_network_address_usage_metrics = false
  tags                                 = { Name = "renamed", Team = "net" }
}
