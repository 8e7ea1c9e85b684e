output "v" { value = "first" }
