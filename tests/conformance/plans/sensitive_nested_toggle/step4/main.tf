resource "terraform_data" "a" {
 input = { p = "x", q = "y" }
}
output "o" { value = terraform_data.a.output }
