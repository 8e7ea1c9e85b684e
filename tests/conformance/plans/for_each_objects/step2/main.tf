resource "terraform_data" "s" { input = "z2" }
resource "terraform_data" "e" {
 for_each = { a = { v = "k", w = 2 }, b = { v = terraform_data.s.output, w = 1 } }
 input = each.value
}
output "o" { value = { for k, e in terraform_data.e : k => e.input.w } }
