resource "terraform_data" "o" { input = 2 }
resource "terraform_data" "i" { input = terraform_data.o.output }
import {
 to = terraform_data.i
 id = "some-id"
}
