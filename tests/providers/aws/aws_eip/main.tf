resource "aws_eip" "a" {
  domain = "vpc"
  tags   = { Name = "a" }
}
