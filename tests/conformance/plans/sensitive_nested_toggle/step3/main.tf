resource "terraform_data" "a" {
 input = { p = "x", q = sensitive("y") }
}
output "o" { value = terraform_data.a.output }
