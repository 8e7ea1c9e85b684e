resource "terraform_data" "a" { input = 2 }
resource "terraform_data" "b" { input = 1 }
output "o" { value = terraform_data.a.output }
output "n" { value = "new" }
