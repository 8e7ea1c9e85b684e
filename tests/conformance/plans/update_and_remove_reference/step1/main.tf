resource "terraform_data" "old" { input = 1 }
resource "terraform_data" "user" { input = terraform_data.old.id }
resource "terraform_data" "user2" { triggers_replace = terraform_data.old.id }
