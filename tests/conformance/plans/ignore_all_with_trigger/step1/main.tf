resource "terraform_data" "a" {
 input = 1
 triggers_replace = 1
 lifecycle { ignore_changes = all }
}
resource "terraform_data" "b" { input = terraform_data.a.output }
