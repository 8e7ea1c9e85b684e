resource "terraform_data" "w" { input = "keep/o.tfstate" }
data "terraform_remote_state" "d" {
 backend = "local"
 config = { path = "${path.module}/o.tfstate" }
 defaults = { v = "dflt" }
}
resource "terraform_data" "u" { input = try(data.terraform_remote_state.d.outputs.v, "none") }
