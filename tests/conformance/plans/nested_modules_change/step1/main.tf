variable "v" { default = 1 }
module "a" {
 source = "./a"
 v = var.v
}
output "o" { value = module.a.o }
