variable "v" { default = 1 }
resource "terraform_data" "a" {
 for_each = toset(["x", "y"])
 triggers_replace = var.v
 lifecycle { create_before_destroy = true }
}
resource "terraform_data" "b" { input = [for a in terraform_data.a : a.id] }
