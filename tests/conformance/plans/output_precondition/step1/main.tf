resource "terraform_data" "s" { input = "x" }
output "o" {
 value = terraform_data.s.output
 precondition {
  condition = terraform_data.s.output == "y"
  error_message = "out"
 }
}
output "p" { value = 1 }
