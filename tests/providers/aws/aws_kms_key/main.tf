resource "aws_kms_key" "data" {
  description             = "Data of the application"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "own", Effect = "Allow", Action = "kms:*", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Resource = "*" }]
  })
  tags = { Team = "web" }
}
