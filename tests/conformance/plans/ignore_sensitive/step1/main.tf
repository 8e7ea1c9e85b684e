variable "v" { default = "aa" }
resource "terraform_data" "a" {
 input = var.v
 lifecycle { ignore_changes = [input] }
}
