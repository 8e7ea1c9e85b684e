resource "terraform_data" "b" { input = 2 }
resource "terraform_data" "z" { input = 2 }
moved {
 from = terraform_data.a
 to = terraform_data.b
}
removed {
 from = terraform_data.r
 lifecycle { destroy = false }
}
