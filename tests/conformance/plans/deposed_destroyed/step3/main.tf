variable "v" { default = 2 }
resource "terraform_data" "a" {
 triggers_replace = var.v
 lifecycle { create_before_destroy = true }
}
