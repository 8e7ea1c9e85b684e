variable "v" { default = { a = 2, b = 1 } }
resource "terraform_data" "t" {
 for_each = var.v
 input = each.value
}
resource "terraform_data" "r" {
 for_each = var.v
 lifecycle { replace_triggered_by = [terraform_data.t[each.key]] }
}
resource "terraform_data" "ct" {
 count = 2
 input = count.index * lookup(var.v, "a")
}
resource "terraform_data" "c" {
 count = 2
 lifecycle { replace_triggered_by = [terraform_data.ct[count.index].input] }
}
