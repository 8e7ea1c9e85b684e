resource "aws_customer_gateway" "office" {
  bgp_asn    = "65000"
  ip_address = "203.0.113.1"
  type       = "ipsec.1"
  tags       = { Name = "a" }
}
