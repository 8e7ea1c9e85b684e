variable "v" { default = 1 }
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
