resource "terraform_data" "w" { input = "o.tfstate" }
data "terraform_remote_state" "d" {
 backend = "local"
 config = { path = terraform_data.w.output }
 depends_on = [terraform_data.w]
}
resource "terraform_data" "u" { input = try(data.terraform_remote_state.d.outputs.v, "none") }
output "o" { value = data.terraform_remote_state.d.outputs }
