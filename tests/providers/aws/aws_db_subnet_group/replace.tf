resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "each" {
  count             = 3
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone = "us-east-1${["a", "b", "c"][count.index]}"
}

resource "aws_db_subnet_group" "main" {
  name        = "other"
  description = "Databases of the application"
  subnet_ids  = slice(aws_subnet.each[*].id, 0, 2)
  tags        = { Team = "data" }
}
