resource "terraform_data" "s" {}
module "m" {
 source = "./m"
 for_each = toset([terraform_data.s.id])
}
resource "terraform_data" "u" { input = [for m in module.m : m.o] }
resource "terraform_data" "v" {}
