resource "aws_key_pair" "deployer" {
  key_name   = "deployer"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBZQ1cVfGOa0c6oVfCQhWAcVqk6yL9pWwJ2PZQkVgB1x me@home"
  tags       = { Name = "deployer" }
}
