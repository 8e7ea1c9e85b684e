resource "terraform_data" "t" { input = 2 }
resource "terraform_data" "r" {
 lifecycle { replace_triggered_by = [terraform_data.t] }
}
resource "terraform_data" "n" {
 lifecycle { replace_triggered_by = [terraform_data.t] }
}
