variable "i" {}
check "c" {
 assert {
  condition = var.i == 0
  error_message = "i is ${var.i}"
 }
}
