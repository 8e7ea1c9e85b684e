resource "terraform_data" "new" { input = 1 }
resource "terraform_data" "in" { input = 2 }
moved {
 from = terraform_data.old
 to = terraform_data.new
}
