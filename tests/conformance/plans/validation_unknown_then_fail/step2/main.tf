variable "a" { default = 5 }
variable "b" {
 default = 2
 validation {
  condition = var.b > var.a
  error_message = "b ${var.b} must be more than a ${var.a}"
 }
}
resource "terraform_data" "r" { input = var.b }
resource "terraform_data" "q" { input = 1 }
