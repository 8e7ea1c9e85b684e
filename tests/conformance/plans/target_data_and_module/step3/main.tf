module "m" {
 source = "./m"
}
resource "terraform_data" "z" { input = local.l }
locals { l = module.m.o }
resource "terraform_data" "y" { input = 1 }
