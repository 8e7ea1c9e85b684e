variable "s" { type = string }
variable "n" { type = number }
variable "b" { type = bool }
variable "l" { type = list(string) }
variable "st" { type = set(string) }
variable "m" { type = map(number) }
variable "o" {
 type = object({ a = string, b = optional(number, 3), c = optional(object({ d = optional(string, "dd") }), {}) })
}
variable "t" { type = tuple([string, number]) }
variable "any" { type = any }
variable "nn" {
 type = string
 nullable = false
 default = "dv"
}
variable "sens" {
 type = object({ p = string })
 sensitive = true
}
resource "terraform_data" "r" {
 input = { s = var.s, n = var.n, b = var.b, l = var.l, st = var.st, m = var.m, o = var.o, t = var.t, any = var.any, nn = var.nn }
}
resource "terraform_data" "p" { input = var.sens.p }
output "all" { value = terraform_data.r.input }
output "p" {
 value = var.sens
 sensitive = true
}
