module "a" { source = "./a" }
module "b" {
 source = "./a"
 i = module.a.o
}
resource "terraform_data" "last" { input = module.b.o }
