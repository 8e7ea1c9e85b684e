resource "aws_iam_policy" "read" {
  name        = "read"
  path        = "/app/"
  description = "Reads what the application has"
  tags        = { Team = "web" }

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Read", Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = "*" }]
  })
}
