resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "c" {
 count = 3
 input = count.index
}
resource "terraform_data" "gone" { input = "g" }
module "m" { source = "./m" }
