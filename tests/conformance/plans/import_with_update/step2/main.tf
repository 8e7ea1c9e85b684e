resource "terraform_data" "o" { input = 2 }
resource "terraform_data" "i" { input = terraform_data.o.output }
resource "terraform_data" "l" {
 for_each = { a = "id-a", b = "id-b" }
 input = each.key
}
import {
 to = terraform_data.i
 id = "some-id"
}
import {
 for_each = { a = "id-a", b = "id-b" }
 to = terraform_data.l[each.key]
 id = each.value
}
