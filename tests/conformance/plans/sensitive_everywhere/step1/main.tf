variable "s" {
 default = "hunter2222"
 sensitive = true
}
resource "terraform_data" "a" {
 input = { pw = var.s, n = 1 }
 triggers_replace = sha1(var.s)
}
module "m" {
 source = "./m"
 s = var.s
}
resource "terraform_data" "b" { input = module.m.o }
output "x" {
 value = terraform_data.a.input
 sensitive = true
}
output "y" { value = nonsensitive(length(var.s)) }
output "z" { value = terraform_data.a.output.n }
