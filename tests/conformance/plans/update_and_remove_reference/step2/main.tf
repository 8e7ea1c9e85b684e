resource "terraform_data" "new" { input = 1 }
resource "terraform_data" "user" { input = terraform_data.new.id }
resource "terraform_data" "user2" { triggers_replace = terraform_data.new.id }
