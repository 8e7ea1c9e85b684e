resource "aws_iam_user" "each" {
  for_each = toset(["ada", "bob"])
  name     = each.key
}

resource "aws_iam_group" "developers" {
  name = "developers"
}

resource "aws_iam_policy" "read" {
  name   = "read"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_iam_policy_attachment" "read" {
  name       = "read"
  policy_arn = aws_iam_policy.read.arn
  users      = [aws_iam_user.each["ada"].name]
  groups     = [aws_iam_group.developers.name]
}
