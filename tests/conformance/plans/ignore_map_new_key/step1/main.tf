resource "terraform_data" "m" {
 input = tomap({ a = "1", b = "1" })
 lifecycle { ignore_changes = [input["a"], input["c"]] }
}
