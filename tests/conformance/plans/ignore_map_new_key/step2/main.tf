resource "terraform_data" "m" {
 input = tomap({ b = "2", c = "2" })
 lifecycle { ignore_changes = [input["a"], input["c"]] }
}
