resource "terraform_data" "t" { input = 1 }
resource "terraform_data" "r" {
 lifecycle { replace_triggered_by = [terraform_data.t] }
}
