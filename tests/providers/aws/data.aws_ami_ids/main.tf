data "aws_ami_ids" "amazon" {
  owners     = ["amazon"]
  name_regex = "^amzn2-ami-hvm-2.*-x86_64-gp2$"
}

output "found" {
  value = length(data.aws_ami_ids.amazon.ids) > 0
}
