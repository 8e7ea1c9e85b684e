resource "terraform_data" "q" {
 for_each = toset(["0", "1"])
}
moved {
 from = terraform_data.q[0]
 to = terraform_data.q["0"]
}
