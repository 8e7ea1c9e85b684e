data "aws_ami" "amazon" {
  most_recent = true
  owners      = ["amazon"]
  name_regex  = "^amzn2-ami-hvm-2.*-x86_64-gp2$"
}

resource "aws_ami_copy" "amazon" {
  name              = "amazon-copy"
  description       = "A copy"
  source_ami_id     = data.aws_ami.amazon.id
  source_ami_region = "us-east-1"
  tags              = { Name = "copy" }
}
