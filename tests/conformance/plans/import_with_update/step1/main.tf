resource "terraform_data" "o" { input = 1 }
