resource "terraform_data" "ok" { input = 1 }
resource "terraform_data" "old" { input = 1 }
resource "terraform_data" "each" {
 for_each = toset(["a"])
}
output "o" { value = 1 }
