resource "aws_cloudwatch_log_group" "web" {
  name              = "/app/front"
  retention_in_days = 14
  tags              = { Team = "web" }
}
