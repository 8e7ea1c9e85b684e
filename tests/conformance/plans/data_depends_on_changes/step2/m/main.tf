data "terraform_remote_state" "d" {
 backend = "local"
 config = { path = "${path.root}/o.tfstate" }
}
output "o" { value = data.terraform_remote_state.d.outputs.v }
