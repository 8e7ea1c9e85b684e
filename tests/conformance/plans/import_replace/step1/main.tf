resource "terraform_data" "i" {
 input = 1
 triggers_replace = 1
}
import {
 to = terraform_data.i
 id = "some-id"
}
