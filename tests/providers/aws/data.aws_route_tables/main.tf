resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

data "aws_route_tables" "all" {
  vpc_id = aws_vpc.main.id
}

output "found" {
  value = data.aws_route_tables.all.ids == tolist([aws_vpc.main.main_route_table_id])
}
