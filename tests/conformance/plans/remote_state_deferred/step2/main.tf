resource "terraform_data" "w" { input = 1 }
data "terraform_remote_state" "d" {
 backend = "local"
 config = { path = "${path.module}/keep/other.tfstate" }
 defaults = { v = "dflt" }
 depends_on = [terraform_data.w]
}
resource "terraform_data" "u" { input = data.terraform_remote_state.d.outputs }
