variable "on" { default = true }
resource "terraform_data" "a" {
 count = var.on ? 1 : 0
 input = "x"
}
resource "terraform_data" "b" { input = one(terraform_data.a[*].output) }
output "o" { value = try(terraform_data.a[0].id, "none") }
