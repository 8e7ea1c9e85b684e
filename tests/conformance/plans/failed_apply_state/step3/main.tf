resource "terraform_data" "keep" { input = 2 }
resource "terraform_data" "bad" {
 input = terraform_data.keep.output
}
resource "terraform_data" "after" { input = terraform_data.bad.output }
output "k" { value = terraform_data.keep.output }
output "a" { value = terraform_data.after.output }
output "b" { value = terraform_data.bad.output }
