data "aws_vpc_endpoint_service" "s3" {
  service      = "s3"
  service_type = "Gateway"
}

output "name" {
  value = data.aws_vpc_endpoint_service.s3.service_name
}
