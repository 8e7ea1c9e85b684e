resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 20
  type              = "gp3"
  encrypted         = false
  tags              = { Name = "data" }
}

data "aws_ebs_volumes" "data" {
  tags       = { Name = "data" }
  depends_on = [aws_ebs_volume.data]
}

output "ids" {
  value = data.aws_ebs_volumes.data.ids
}
