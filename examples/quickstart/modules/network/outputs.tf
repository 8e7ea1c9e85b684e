output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "The subnets, in the order of their availability zones."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}
