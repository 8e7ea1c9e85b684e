variable "l" { default = {} }
locals { x = var.l["k"] }
resource "terraform_data" "q" { input = 1 }
resource "terraform_data" "u" { input = local.x }
resource "terraform_data" "w" { input = terraform_data.u.id }
output "x" { value = local.x }
