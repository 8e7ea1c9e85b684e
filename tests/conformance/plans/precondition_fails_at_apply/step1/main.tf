resource "terraform_data" "s" { input = "x" }
resource "terraform_data" "a" {
 input = 1
 lifecycle {
  precondition {
   condition = terraform_data.s.output == "y"
   error_message = "pre"
  }
 }
}
resource "terraform_data" "b" { input = terraform_data.a.id }
output "o" { value = terraform_data.s.output }
