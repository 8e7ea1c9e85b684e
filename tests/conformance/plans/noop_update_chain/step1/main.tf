resource "terraform_data" "a" { input = "k" }
resource "terraform_data" "b" { input = terraform_data.a.output }
resource "terraform_data" "c" { input = terraform_data.b.output }
resource "terraform_data" "d" { triggers_replace = terraform_data.b.output }
output "o" { value = terraform_data.c.output }
