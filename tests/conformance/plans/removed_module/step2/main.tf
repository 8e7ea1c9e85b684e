removed {
 from = module.n
 lifecycle { destroy = false }
}
removed {
 from = module.m.terraform_data.x
 lifecycle { destroy = false }
}
removed {
 from = terraform_data.d
 lifecycle { destroy = true }
}
