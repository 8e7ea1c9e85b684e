variable "l" { default = [] }
resource "terraform_data" "a2" { input = 2 }
resource "terraform_data" "b" { input = var.l[0] }
resource "terraform_data" "c" { input = terraform_data.b.output }
moved {
 from = terraform_data.a
 to = terraform_data.a2
}
output "a" { value = terraform_data.a2.output }
output "b" { value = terraform_data.b.output }
