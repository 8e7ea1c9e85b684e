variable "v" { default = 2 }
resource "terraform_data" "t" { input = var.v }
resource "terraform_data" "r" {
 input = "x"
 lifecycle { replace_triggered_by = [terraform_data.t.input] }
}
