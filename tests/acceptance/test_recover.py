"""A store that was lost is made again with `evenkeel recover` from a revision and what moto has: every object that
can be told is remembered with the identifier that it had, nothing is changed in the account, and a plan afterwards
has nothing to do but to make what is in no cloud."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import Inventory, Moto, Stack  # noqa: E402

CONFIGURATION = """
terraform {
  required_providers {
    aws    = { source = "hashicorp/aws" }
    random = { source = "hashicorp/random" }
  }
}
provider "aws" {
  region = "us-east-1"
}
resource "random_pet" "name" {}
resource "random_password" "unused" {
  length = 20
}
resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "main" }
}
resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}
resource "aws_subnet" "part" {
  count             = 3
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone = ["us-east-1a", "us-east-1b", "us-east-1c"][count.index]
}
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}
resource "aws_route_table_association" "public" {
  count          = 3
  subnet_id      = aws_subnet.part[count.index].id
  route_table_id = aws_route_table.public.id
}
resource "aws_security_group" "web" {
  name        = "web"
  description = "of the web"
  vpc_id      = aws_vpc.main.id
}
resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each          = toset(["10.0.0.0/8", "192.168.0.0/16"])
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = each.value
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
resource "aws_s3_bucket" "logs" {
  bucket = "logs-of-the-lost-store"
  tags   = { Kind = "logs" }
}
resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = 30
    }
  }
}
resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
resource "aws_iam_policy" "read" {
  name = "read-logs"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.logs.arn}/*" }]
  })
}
resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.web.name
  policy_arn = aws_iam_policy.read.arn
}
resource "aws_iam_instance_profile" "web" {
  name = "web"
  role = aws_iam_role.web.name
}
resource "aws_key_pair" "admin" {
  key_name   = "admin"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA4UDKAq5mIuKWUp6ip9LB4NAl4BcWeHoC4I0M3sSYy9 admin"
}
resource "aws_instance" "web" {
  ami                    = "ami-12c6146b"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.part[0].id
  vpc_security_group_ids = [aws_security_group.web.id]
  key_name               = aws_key_pair.admin.key_name
  iam_instance_profile   = aws_iam_instance_profile.web.name
  tags                   = { Name = "web" }
}
"""

# Nothing in any cloud tells what was drawn.
NOWHERE = {"random_pet.name", "random_password.unused"}


class Recover(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = Moto()
        cls.stack = Stack(cls.moto.url)
        cls.stack.write("main.tf", CONFIGURATION)
        cls.stack.commit("A network with a machine")
        cls.stack.run("apply", str(cls.stack.repo), "-auto-approve")
        cls.before = cls.identifiers()
        cls.account = Inventory(cls.moto).counts()
        for file in cls.stack.folder.glob("state.db*"):
            file.unlink()

    @classmethod
    def tearDownClass(cls):
        cls.stack.remove()
        cls.moto.stop()

    @classmethod
    def identifiers(cls) -> dict:
        """Address and identifier of every object that the store remembers."""
        document = json.loads(cls.stack.run("show", "-json").stdout)
        resources = document.get("values", {}).get("root_module", {}).get("resources", [])
        return {one["address"]: one["values"].get("id") for one in resources if one["mode"] == "managed"}

    def test_a_lost_store_is_made_again(self):
        done = self.stack.run("recover", str(self.stack.repo), "-auto-approve")
        after = self.identifiers()
        lost = set(self.before) - set(after)
        self.assertEqual(lost, NOWHERE, done.stdout)
        wrong = {name: (self.before[name], after[name]) for name in after if after[name] != self.before[name]}
        self.assertEqual(wrong, {}, done.stdout)
        for address in NOWHERE:
            self.assertIn(address, done.stdout, "what is not found is said")
        self.assertEqual(Inventory(self.moto).counts(), self.account, "nothing was changed")
        lines = self.stack.json_lines("plan", str(self.stack.repo))
        planned = {line["change"]["resource"]["addr"]: line["change"]["action"] for line in lines if line["type"] == "planned_change"}
        self.assertEqual(planned, {address: "create" for address in NOWHERE})
        self.stack.run("apply", str(self.stack.repo), "-auto-approve")
        self.assertEqual(Inventory(self.moto).counts(), self.account)
        self.stack.run("destroy", str(self.stack.repo), "-auto-approve")
        left = Inventory(self.moto).counts()
        self.assertEqual(sum(left.values()), 0, left)


if __name__ == "__main__":
    unittest.main()
