resource "terraform_data" "a" {
 input = { p = sensitive("x"), q = "y" }
}
output "o" { value = terraform_data.a.output }
