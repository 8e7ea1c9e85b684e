resource "terraform_data" "a" { input = 1 }
module "k" {
 source = "./k"
}
