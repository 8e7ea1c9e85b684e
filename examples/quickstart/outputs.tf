output "vpc_id" {
  description = "The network."
  value       = module.network.vpc_id
}

output "subnet_ids" {
  description = "One subnet for each availability zone."
  value       = module.network.subnet_ids
}

output "instances" {
  description = "The private address of each web server, by its identifier."
  value       = { for instance in aws_instance.web : instance.id => instance.private_ip }
}

output "page" {
  description = "Where the page is kept."
  value       = "s3://${aws_s3_bucket.site.id}/${aws_s3_object.index.key}"
}
