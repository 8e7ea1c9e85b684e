resource "terraform_data" "a" {
 count = 2
 lifecycle { prevent_destroy = true }
}
resource "terraform_data" "b" { input = 1 }
