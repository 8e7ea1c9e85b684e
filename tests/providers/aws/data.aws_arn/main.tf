data "aws_arn" "current" {
  arn = "arn:aws:iam::111122223333:role/app/web"
}

output "value" {
  value = data.aws_arn.current.resource
}
