resource "terraform_data" "a" {
 count = 1
 lifecycle { prevent_destroy = true }
}
resource "terraform_data" "b" { input = 2 }
