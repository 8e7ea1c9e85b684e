variable "k" {}
resource "terraform_data" "x" { input = var.k }
resource "terraform_data" "y" { input = terraform_data.x.output }
output "o" { value = terraform_data.y.output }
