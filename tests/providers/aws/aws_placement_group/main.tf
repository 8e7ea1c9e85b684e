resource "aws_placement_group" "web" {
  name     = "web"
  strategy = "cluster"
}
