# One variable and one output of each type, all unknown while planning.
variable "bool" {
  type = bool
}
output "bool" {
  value = var.bool
}
variable "number" {
  type = number
}
output "number" {
  value = var.number
}
variable "string" {
  type = string
}
output "string" {
  value = var.string
}
variable "list_string" {
  type = list(string)
}
output "list_string" {
  value = var.list_string
}
variable "list_number" {
  type = list(number)
}
output "list_number" {
  value = var.list_number
}
variable "set_string" {
  type = set(string)
}
output "set_string" {
  value = var.set_string
}
variable "map_string" {
  type = map(string)
}
output "map_string" {
  value = var.map_string
}
variable "obj" {
  type = object({ a = string, b = number })
}
output "obj" {
  value = var.obj
}
variable "objs" {
  type = list(object({ a = string, b = number }))
}
output "objs" {
  value = var.objs
}
variable "tup" {
  type = tuple([string, number])
}
output "tup" {
  value = var.tup
}
