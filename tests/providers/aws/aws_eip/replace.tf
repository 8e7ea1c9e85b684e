resource "aws_eip" "a" {
  domain           = "vpc"
  public_ipv4_pool = "ipv4pool-ec2-012345"
  tags             = { Name = "b" }
}
