variable "s" {}
resource "terraform_data" "r" { input = var.s }
output "o" {
 value = terraform_data.r.id
 sensitive = true
}
