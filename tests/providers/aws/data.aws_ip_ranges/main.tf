data "aws_ip_ranges" "web" {
  services = ["ec2"]
  regions  = ["eu-central-1"]
}

output "value" {
  value = data.aws_ip_ranges.web.cidr_blocks
}
