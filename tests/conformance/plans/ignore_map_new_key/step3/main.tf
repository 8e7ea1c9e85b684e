resource "terraform_data" "m" {
 input = null
 lifecycle { ignore_changes = [input["a"]] }
}
