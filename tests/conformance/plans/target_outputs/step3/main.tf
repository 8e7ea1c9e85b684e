resource "terraform_data" "a" { input = 11 }
resource "terraform_data" "b" { input = 2 }
output "a" { value = terraform_data.a.output }
output "b" { value = terraform_data.b.output }
output "ab" { value = [terraform_data.a.output, terraform_data.b.output] }
output "c" { value = "const2" }
