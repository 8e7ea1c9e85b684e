resource "terraform_data" "a" {
 count = 3
 input = count.index
}
resource "terraform_data" "b" { input = terraform_data.a[*].output }
