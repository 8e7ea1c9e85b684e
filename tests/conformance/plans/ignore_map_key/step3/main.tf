resource "terraform_data" "a" {
 input = { x = 2, y = 3, z = 1 }
 lifecycle { ignore_changes = [input["z"], input.y] }
}
