variable "v" {
 default = "bb"
 sensitive = true
}
resource "terraform_data" "a" {
 input = var.v
}
