resource "terraform_data" "b" {
 input = 1
 lifecycle { create_before_destroy = true }
}
resource "terraform_data" "u" { input = terraform_data.b.id }
moved {
 from = terraform_data.a
 to = terraform_data.b
}
