data "aws_canonical_user_id" "current" {}

output "known" {
  value = length(data.aws_canonical_user_id.current.id) > 0
}
