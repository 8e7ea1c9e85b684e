data "aws_partition" "current" {}

output "value" {
  value = data.aws_partition.current.reverse_dns_prefix
}
