data "aws_cloudfront_log_delivery_canonical_user_id" "current" {}

output "value" {
  value = data.aws_cloudfront_log_delivery_canonical_user_id.current.id
}
