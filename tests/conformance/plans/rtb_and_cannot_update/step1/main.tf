variable "v" { default = 1 }
resource "terraform_data" "t" { input = var.v }
resource "terraform_data" "r" {
 triggers_replace = var.v
 lifecycle { replace_triggered_by = [terraform_data.t] }
}
resource "terraform_data" "s" {
 input = 1
 lifecycle { replace_triggered_by = [terraform_data.t] }
}
