data "aws_ami" "amazon" {
  most_recent = true
  owners      = ["amazon"]
  name_regex  = "^amzn2-ami-hvm-2.*-x86_64-gp2$"
}

output "owner" {
  value = data.aws_ami.amazon.image_owner_alias
}
