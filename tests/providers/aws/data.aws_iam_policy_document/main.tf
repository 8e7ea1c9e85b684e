data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::data/*", "arn:aws:s3:::data"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringLike"
      variable = "aws:PrincipalTag/team"
      values   = ["web", "api"]
    }
  }
}

data "aws_iam_policy_document" "data" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]

  statement {
    sid         = "Deny"
    effect      = "Deny"
    not_actions = ["s3:Get*"]
    resources   = ["*"]
  }
}

output "json" {
  value = data.aws_iam_policy_document.data.minified_json
}
