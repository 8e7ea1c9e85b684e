resource "terraform_data" "first" { input = 1 }
module "m" {
 source = "./m"
 depends_on = [terraform_data.first]
}
resource "terraform_data" "last" {
 input = module.m.o
 depends_on = [module.m]
}
