output "b" { value = "y" }
output "n" { value = "was null" }
output "s" {
 value = "sec2"
 sensitive = true
}
output "t" {
 value = "tog"
 sensitive = true
}
output "l" { value = tolist([1, 2]) }
