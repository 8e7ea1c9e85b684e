data "aws_ec2_instance_type" "small" {
  instance_type = "t3.small"
}

output "vcpus" {
  value = data.aws_ec2_instance_type.small.default_vcpus
}
