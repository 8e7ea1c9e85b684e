data "aws_availability_zone" "b" {
  name = "us-east-1b"
}

output "suffix" {
  value = data.aws_availability_zone.b.name_suffix
}

output "state" {
  value = data.aws_availability_zone.b.state
}
