# What generated expressions may refer to. The same files are read by Terraform and by lab/mod.rs.
resource "terraform_data" "seed" {}

variable "t" {
  type    = bool
  default = true
}
variable "f" {
  type    = bool
  default = false
}
variable "zero" {
  type    = number
  default = 0
}
variable "two" {
  type    = number
  default = 2
}
variable "pi" {
  type    = number
  default = 3.14159
}
variable "neg" {
  type    = number
  default = -7.5
}
variable "big" {
  type    = number
  default = 12345678901234567890123
}
variable "empty" {
  type    = string
  default = ""
}
variable "hello" {
  type    = string
  default = "hello world"
}
variable "digits" {
  type    = string
  default = "42"
}
variable "accent" {
  type    = string
  default = "Ünïcödé 👍🏽 e\u0301"
}
variable "lines" {
  type    = string
  default = "one\n  two\r\nthree\n"
}
variable "strings" {
  type    = list(string)
  default = ["b", "a", "", "b"]
}
variable "numbers" {
  type    = list(number)
  default = [3, 1, 2.5]
}
variable "nested" {
  type    = list(list(string))
  default = [["a"], [], ["b", "c"]]
}
variable "none" {
  type    = list(string)
  default = []
}
variable "set" {
  type    = set(string)
  default = ["z", "x", "y"]
}
variable "numset" {
  type    = set(number)
  default = [10, 9, 1]
}
variable "map" {
  type    = map(string)
  default = { a = "x", b = "y" }
}
variable "nummap" {
  type    = map(number)
  default = { one = 1, two = 2 }
}
variable "obj" {
  type    = object({ a = string, b = number, c = optional(list(string), ["d"]) })
  default = { a = "x", b = 1 }
}
variable "objs" {
  type    = list(object({ a = string, b = number }))
  default = [{ a = "x", b = 1 }, { a = "y", b = 2 }]
}
variable "tup" {
  type    = tuple([string, number, bool])
  default = ["t", 7, false]
}
variable "nullstr" {
  type    = string
  default = null
}
variable "nullnum" {
  type    = number
  default = null
}
variable "nulllist" {
  type    = list(string)
  default = null
}
variable "nullmap" {
  type    = map(string)
  default = null
}
variable "nullobj" {
  type    = object({ a = string })
  default = null
}
variable "sstr" {
  type      = string
  default   = "hunter2"
  sensitive = true
}
variable "snum" {
  type      = number
  default   = 5
  sensitive = true
}
variable "sbool" {
  type      = bool
  default   = true
  sensitive = true
}
variable "slist" {
  type      = list(string)
  default   = ["p", "q"]
  sensitive = true
}
variable "smap" {
  type      = map(string)
  default   = { a = "p", k = "q" }
  sensitive = true
}

locals {
  unk     = jsondecode(terraform_data.seed.id)
  tpl     = "<$${x}>%%{ if true }y%%{ endif }"
  partly  = { a = var.sstr, b = "plain" }
  plist   = ["plain", var.sstr]
  uobj    = { a = module.unk.string, b = 1 }
  ulist   = ["a", module.unk.string, null]
  uprefix = "pre-${module.unk.string}"
  usens   = sensitive(module.unk.string)
  mixed   = [1, "1", true, null, { k = "v" }, [0]]
  deep    = { a = { b = { c = [10, 20, { d = "deep" }] } } }
}

module "unk" {
  source      = "./unk"
  bool        = local.unk
  number      = local.unk
  string      = local.unk
  list_string = local.unk
  list_number = local.unk
  set_string  = local.unk
  map_string  = local.unk
  obj         = local.unk
  objs        = local.unk
  tup         = local.unk
}
