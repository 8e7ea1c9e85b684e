variable "v" { default = 2 }
resource "terraform_data" "w" { input = var.v }
module "m" {
 source = "./m"
 depends_on = [terraform_data.w]
}
resource "terraform_data" "u" { input = module.m.o }
