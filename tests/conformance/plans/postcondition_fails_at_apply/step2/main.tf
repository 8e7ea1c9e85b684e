variable "w" { default = "x" }
resource "terraform_data" "a" {
 input = "x"
 lifecycle {
  postcondition {
   condition = self.output == var.w
   error_message = "no"
  }
 }
}
resource "terraform_data" "b" { input = terraform_data.a.output }
resource "terraform_data" "c" { input = 1 }
output "o" { value = terraform_data.b.output }
output "c" { value = terraform_data.c.output }
output "k" { value = "k" }
