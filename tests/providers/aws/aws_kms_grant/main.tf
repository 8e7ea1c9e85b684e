resource "aws_iam_role" "web" {
  name = "web"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_kms_key" "data" {
  deletion_window_in_days = 7
}

resource "aws_kms_grant" "web" {
  name              = "web"
  key_id            = aws_kms_key.data.key_id
  grantee_principal = aws_iam_role.web.arn
  operations        = ["Encrypt", "Decrypt"]

  constraints {
    encryption_context_equals = { Department = "web" }
  }
}
