data "aws_iam_policy" "current" {
  name = "ReadOnlyAccess"
}

output "value" {
  value = data.aws_iam_policy.current.arn
}
