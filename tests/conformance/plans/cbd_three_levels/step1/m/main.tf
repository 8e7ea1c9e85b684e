variable "i" {}
resource "terraform_data" "mid" { triggers_replace = var.i }
output "o" { value = terraform_data.mid.id }
