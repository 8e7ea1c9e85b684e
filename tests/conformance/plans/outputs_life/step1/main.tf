output "a" { value = 1 }
output "b" { value = "x" }
output "n" { value = null }
output "s" {
 value = "sec"
 sensitive = true
}
output "t" { value = "tog" }
output "l" { value = [1, 2] }
