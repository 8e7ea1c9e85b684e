variable "v" {
 validation {
  condition = var.v < 10
  error_message = "v too big"
 }
}
resource "terraform_data" "x" { input = var.v }
output "o" { value = terraform_data.x.id }
