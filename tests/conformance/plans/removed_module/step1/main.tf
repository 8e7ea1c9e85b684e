module "m" { source = "./m" }
module "n" {
 source = "./m"
 count = 2
}
resource "terraform_data" "d" {}
