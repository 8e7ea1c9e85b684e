variable "v" { default = 2 }
resource "terraform_data" "low" { triggers_replace = var.v }
module "m" {
 source = "./m"
 i = terraform_data.low.id
}
resource "terraform_data" "top" {
 triggers_replace = module.m.o
 lifecycle { create_before_destroy = true }
}
