variable "v" { default = 2 }
resource "terraform_data" "s" { input = var.v }
resource "terraform_data" "a" { triggers_replace = { v = var.v, k = [1] } }
resource "terraform_data" "b" { triggers_replace = [terraform_data.s.output, sensitive(var.v)] }
resource "terraform_data" "c" { triggers_replace = tomap({ a = var.v }) }
