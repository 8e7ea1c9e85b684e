resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "m2" { input = 1 }
moved {
 from = terraform_data.m
 to = terraform_data.m2
}
