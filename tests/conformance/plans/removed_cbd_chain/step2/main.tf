resource "terraform_data" "a" {
 triggers_replace = 2
 lifecycle { create_before_destroy = true }
}
resource "terraform_data" "c" { input = terraform_data.a.id }
