variable "v" { default = 2 }
resource "terraform_data" "a" {
 input = var.v
 lifecycle {
  precondition {
   condition = var.v == 1
   error_message = "pre"
  }
 }
}
output "o" {
 value = 1
 precondition {
  condition = var.v == 1
  error_message = "out"
 }
}
