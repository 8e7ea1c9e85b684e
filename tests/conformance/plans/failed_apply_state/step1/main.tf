resource "terraform_data" "keep" { input = 1 }
resource "terraform_data" "del" { input = 1 }
output "k" { value = terraform_data.keep.output }
output "gone" { value = 1 }
