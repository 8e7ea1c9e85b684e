module "k" {
 source = "./k"
 for_each = toset(["p"])
}
moved {
 from = module.k
 to = module.k["p"]
}
moved {
 from = terraform_data.a
 to = module.k["p"].terraform_data.in
}
