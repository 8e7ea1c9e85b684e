resource "terraform_data" "s" { input = "x" }
check "ok" {
 assert {
  condition = true
  error_message = "a"
 }
}
check "late" {
 assert {
  condition = terraform_data.s.output == "y"
  error_message = "late ${terraform_data.s.output}"
 }
 assert {
  condition = 1 == 2
  error_message = "now"
 }
}
module "m" {
 source = "./m"
 count = 2
 i = count.index
}
