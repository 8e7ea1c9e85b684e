data "aws_availability_zones" "up" {
  state = "available"
}

output "first" {
  value = data.aws_availability_zones.up.names[0]
}
