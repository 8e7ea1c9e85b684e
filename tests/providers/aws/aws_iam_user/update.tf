resource "aws_iam_user" "ada" {
  name = "ada"
  path = "/staff/"
  tags = { Team = "front" }
}
