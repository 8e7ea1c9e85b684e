resource "terraform_data" "a" {
 input = 1
 lifecycle { create_before_destroy = true }
}
resource "terraform_data" "b" { input = 1 }
resource "terraform_data" "d" { input = [terraform_data.a.id, terraform_data.b.id] }
