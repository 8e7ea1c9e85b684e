variable "m" { default = { a = 1 } }
resource "terraform_data" "ok" { input = 2 }
resource "terraform_data" "new" { input = 1 }
resource "terraform_data" "each" {
 for_each = toset([terraform_data.new.id])
}
resource "terraform_data" "dep" { input = keys(terraform_data.each) }
output "o" { value = 2 }
output "d" { value = terraform_data.dep.id }
