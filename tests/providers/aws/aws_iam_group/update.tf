resource "aws_iam_group" "developers" {
  name = "engineers"
  path = "/staff/"
}
