resource "aws_default_vpc" "main" {
  enable_dns_hostnames = false
  tags                 = { Name = "b" }
}
