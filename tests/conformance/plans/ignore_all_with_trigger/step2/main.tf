resource "terraform_data" "a" {
 input = 2
 triggers_replace = 2
 lifecycle { ignore_changes = all }
}
resource "terraform_data" "b" { input = terraform_data.a.output }
