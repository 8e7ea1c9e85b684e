resource "terraform_data" "a" {
 input = { p = "x", q = "y" }
}
