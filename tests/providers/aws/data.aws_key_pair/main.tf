resource "aws_key_pair" "deployer" {
  key_name   = "deployer"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5TxSrKQUaFwMEZX0vLdmgYdQk0nHNqGHqFbOTyQb0c me@home"
  tags       = { Name = "deployer" }
}

data "aws_key_pair" "deployer" {
  key_name = "deployer"

  depends_on = [aws_key_pair.deployer]
}

output "id" {
  value = data.aws_key_pair.deployer.id
}
