resource "terraform_data" "s" { input = "z" }
resource "terraform_data" "e" {
 for_each = { a = { v = terraform_data.s.output, w = 1 }, b = { v = "k", w = 2 } }
 input = each.value
}
output "o" { value = { for k, e in terraform_data.e : k => e.input.w } }
