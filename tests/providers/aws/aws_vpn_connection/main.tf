resource "aws_vpn_gateway" "aws" {
  tags = { Name = "aws" }
}

resource "aws_customer_gateway" "office" {
  bgp_asn    = 65000
  ip_address = "203.0.113.12"
  type       = "ipsec.1"
}

resource "aws_vpn_connection" "office" {
  vpn_gateway_id      = aws_vpn_gateway.aws.id
  customer_gateway_id = aws_customer_gateway.office.id
  type                = "ipsec.1"
  tags                = { Name = "office" }
}
