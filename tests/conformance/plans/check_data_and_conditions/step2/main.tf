variable "limit" { default = 2 }
resource "terraform_data" "a" {
 input = 3
 lifecycle {
  postcondition {
   condition = self.input < var.limit
   error_message = "too much"
  }
 }
}
resource "terraform_data" "b" {
 input = 1
 lifecycle {
  precondition {
   condition = terraform_data.a.output < var.limit
   error_message = "a too much"
  }
 }
}
resource "terraform_data" "c" { input = 1 }
