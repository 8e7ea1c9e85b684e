data "aws_caller_identity" "current" {}

data "aws_availability_zones" "available" {
  state = "available"
}

data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-kernel-6.1-x86_64"]
  }
}

locals {
  bucket = "${var.bucket_prefix}-${data.aws_caller_identity.current.account_id}"
}

module "network" {
  source = "./modules/network"

  name               = var.name
  cidr_block         = var.cidr_block
  availability_zones = slice(data.aws_availability_zones.available.names, 0, 2)
}

resource "aws_security_group" "web" {
  name        = "${var.name}-web"
  description = "Web servers of ${var.name}"
  vpc_id      = module.network.vpc_id

  tags = {
    Name = "${var.name}-web"
  }
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  for_each = var.ports

  security_group_id = aws_security_group.web.id
  description       = "${each.key} from anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.web.id
  description       = "everything to anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_instance" "web" {
  count = var.instance_count

  ami                    = data.aws_ami.linux.id
  instance_type          = var.instance_type
  subnet_id              = element(module.network.subnet_ids, count.index)
  vpc_security_group_ids = [aws_security_group.web.id]

  tags = {
    Name = format("%s-web-%02d", var.name, count.index + 1)
    Role = "web"
  }
}

resource "aws_s3_bucket" "site" {
  bucket        = local.bucket
  force_destroy = true

  tags = {
    Name = local.bucket
  }
}

resource "aws_s3_bucket_versioning" "site" {
  bucket = aws_s3_bucket.site.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_object" "index" {
  bucket       = aws_s3_bucket.site.id
  key          = "index.html"
  content_type = "text/html"

  content = templatefile("${path.module}/templates/index.html.tftpl", {
    name    = var.name
    servers = aws_instance.web[*].private_ip
    facts = jsonencode({
      environment = var.environment
      ports       = var.ports
    })
  })

  # The first version is kept too.
  depends_on = [aws_s3_bucket_versioning.site]
}
