resource "terraform_data" "t1" { triggers_replace = 1 }
resource "terraform_data" "r1" {
 lifecycle { replace_triggered_by = [terraform_data.t1] }
}
resource "terraform_data" "r2" {
 input = 1
}
