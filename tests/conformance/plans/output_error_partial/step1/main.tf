variable "l" { default = [] }
resource "terraform_data" "q" { input = 1 }
output "bad" { value = var.l[0] }
output "good" { value = 1 }
