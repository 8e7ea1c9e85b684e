variable "v" { default = 1 }
resource "terraform_data" "a" {
 input = { y = "i${var.v}", x = var.v }
 lifecycle { ignore_changes = [input["y"]] }
}
resource "terraform_data" "m" {
 input = tomap({ y = "i${var.v}", x = "x${var.v}" })
 lifecycle { ignore_changes = [input["y"]] }
}
resource "terraform_data" "l" {
 input = tolist(["i${var.v}", "x${var.v}"])
 lifecycle { ignore_changes = [input[0]] }
}
resource "terraform_data" "t" {
 input = ["i${var.v}", var.v]
 lifecycle { ignore_changes = [input[0]] }
}
