resource "terraform_data" "single" { input = 1 }
resource "terraform_data" "cnt" {
 count = 3
}
resource "terraform_data" "each" {
 for_each = toset(["a","b"])
}
resource "terraform_data" "wrong" {
 count = 2
}
resource "terraform_data" "cfg" {}
module "m" {
 source = "./m"
 count = 2
}
module "g" { source = "./m" }
resource "terraform_data" "mv" {}
