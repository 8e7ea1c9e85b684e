resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 40
  type              = "gp3"
  encrypted         = false
  tags              = { Name = "more" }
}
