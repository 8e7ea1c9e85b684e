module "n" { source = "./n" }
resource "terraform_data" "k" { input = 1 }
output "o" { value = module.n.o }
