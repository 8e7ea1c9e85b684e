resource "terraform_data" "s" { input = "abc" }
locals {
 u = terraform_data.s.output
 m = { k = local.u, j = 1 }
}
resource "terraform_data" "a" { input = "pre-${local.u}-post" }
resource "terraform_data" "b" { input = local.u == "abc" ? 1 : 2 }
resource "terraform_data" "c" { input = [for k, v in local.m : "${k}=${v}"] }
resource "terraform_data" "d" { input = { for k, v in local.m : k => v } }
resource "terraform_data" "e" { input = length([local.u, 2]) }
resource "terraform_data" "f" { input = jsonencode(local.m) }
resource "terraform_data" "g" { input = merge(local.m, { z = 2 }) }
resource "terraform_data" "h" { input = coalesce(null, local.u) }
resource "terraform_data" "i" { input = [1, local.u, [local.u]] }
output "o" { value = [local.u, upper(local.u), try(local.u.x, "t")] }
output "p" { value = can(local.u) }
