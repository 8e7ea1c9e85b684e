resource "terraform_data" "x" { input = 2 }
resource "terraform_data" "w" { input = 1 }
output "o" { value = terraform_data.x.output }
