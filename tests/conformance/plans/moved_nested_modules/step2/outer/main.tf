module "a2" { source = "../a" }
moved {
 from = module.a2.terraform_data.r
 to = terraform_data.up
}
resource "terraform_data" "up" { input = 1 }
