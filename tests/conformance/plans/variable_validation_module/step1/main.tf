module "m" {
 source = "./m"
 for_each = { a = 1, b = 20 }
 v = each.value
}
resource "terraform_data" "u" { input = module.m["a"].o }
