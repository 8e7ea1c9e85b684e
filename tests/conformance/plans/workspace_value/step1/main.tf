resource "terraform_data" "w" { input = [terraform.workspace, path.module, path.root] }
