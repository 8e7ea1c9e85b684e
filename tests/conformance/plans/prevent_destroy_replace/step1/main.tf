variable "v" { default = 1 }
resource "terraform_data" "a" {
 triggers_replace = var.v
 lifecycle { prevent_destroy = true }
}
resource "terraform_data" "b" { input = terraform_data.a.id }
resource "terraform_data" "c" { input = var.v }
output "o" { value = terraform_data.a.id }
output "c" { value = var.v }
