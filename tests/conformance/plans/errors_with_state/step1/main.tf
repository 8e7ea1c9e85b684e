resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "b" { input = 1 }
resource "terraform_data" "c" { input = terraform_data.b.output }
resource "terraform_data" "old" { input = terraform_data.b.id }
output "a" { value = terraform_data.a.output }
output "b" { value = terraform_data.b.output }
output "g" { value = 1 }
