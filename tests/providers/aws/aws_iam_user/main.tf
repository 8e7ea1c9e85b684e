resource "aws_iam_user" "ada" {
  name = "ada"
  path = "/people/"
  tags = { Team = "web" }
}
