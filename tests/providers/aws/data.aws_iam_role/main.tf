resource "aws_iam_role" "web" {
  name        = "web"
  description = "Web servers"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

data "aws_iam_role" "web" {
  name = aws_iam_role.web.id
}

output "value" {
  value = "${data.aws_iam_role.web.description}, ${data.aws_iam_role.web.arn}"
}
