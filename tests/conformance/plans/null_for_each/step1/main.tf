variable "m" {
 type = map(string)
 default = null
}
resource "terraform_data" "ok" { input = 2 }
resource "terraform_data" "e" {
 for_each = var.m
}
