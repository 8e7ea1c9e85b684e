module "m" {
 source = "./m"
 for_each = toset(["a", "b"])
 k = "${each.key}2"
}
resource "terraform_data" "after" { input = module.m["a"].o }
