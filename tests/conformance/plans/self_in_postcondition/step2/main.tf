variable "v" { default = 2 }
resource "terraform_data" "a" {
 count = 2
 input = count.index + var.v
 lifecycle {
  postcondition {
   condition = self.input < 3
   error_message = "input is ${self.input}"
  }
 }
}
resource "terraform_data" "b" { input = terraform_data.a[0].id }
resource "terraform_data" "c" { input = 1 }
