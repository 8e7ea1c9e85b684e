resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 20
  type              = "gp3"
  encrypted         = false
  tags              = { Name = "data" }
}

data "aws_ebs_volume" "data" {
  most_recent = true

  filter {
    name   = "volume-id"
    values = [aws_ebs_volume.data.id]
  }
}

output "arn" {
  value = data.aws_ebs_volume.data.arn
}
