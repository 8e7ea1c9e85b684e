variable "v" { default = 2 }
module "a" {
 source = "./a"
 v = var.v
}
output "o" { value = module.a.o }
