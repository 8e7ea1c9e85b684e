output "b" { value = null }
output "t" { value = "tog" }
output "l" { value = toset([1, 2]) }
