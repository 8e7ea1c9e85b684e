resource "terraform_data" "single" {
 for_each = toset(["k"])
 input = 1
}
resource "terraform_data" "cnt" {
 count = 1
}
resource "terraform_data" "each" {
 for_each = toset(["b"])
}
resource "terraform_data" "wrong" {
 for_each = toset(["z"])
}
module "m" {
 source = "./m"
 count = 1
}
moved {
 from = terraform_data.mv
 to = terraform_data.nowhere
}
