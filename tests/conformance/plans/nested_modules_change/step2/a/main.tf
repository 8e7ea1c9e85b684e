variable "v" {}
module "b" {
 source = "./b"
 for_each = { x = var.v, y = 0 }
 v = each.value
}
output "o" { value = { for k, m in module.b : k => m.o } }
