data "aws_regions" "current" {}

output "value" {
  value = contains(data.aws_regions.current.names, "eu-central-1")
}
