resource "terraform_data" "b2" { input = 2 }
resource "terraform_data" "c" {
 for_each = toset(["x", "y"])
 input = each.key
}
module "n" {
 source = "./m"
 count = 1
}
moved {
 from = terraform_data.a
 to = terraform_data.b1
}
moved {
 from = terraform_data.b1
 to = terraform_data.b2
}
moved {
 from = terraform_data.c[0]
 to = terraform_data.c["x"]
}
moved {
 from = terraform_data.c[1]
 to = terraform_data.c["y"]
}
moved {
 from = module.m
 to = module.n[0]
}
removed {
 from = terraform_data.gone
 lifecycle { destroy = false }
}
