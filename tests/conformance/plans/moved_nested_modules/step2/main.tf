module "outer" { source = "./outer" }
moved {
 from = module.a
 to = module.outer.module.a2
}
