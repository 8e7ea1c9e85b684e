"""`evenkeel list` against the test server, which pages: everything is told once, each page is one call and shown
before the next one is asked for, and what no state has is told apart."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cloud import Cloud  # noqa: E402
from support.world import Stack  # noqa: E402

TABLES = 250
PAGE = 100

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
}
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "main" }
}
resource "aws_route_table" "own" {
  count  = 3
  vpc_id = aws_vpc.main.id
}
"""


class List(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud({"seed": 1})
        cls.stack = Stack(cls.cloud.url)
        cls.stack.write("main.tf", CONFIGURATION)
        cls.stack.commit("A network")
        cls.stack.run("apply", str(cls.stack.repo), "-auto-approve")
        vpc = cls.objects("aws_vpc", "-json")[0]["id"]
        made = [("CreateRouteTable", {"VpcId": vpc})] * TABLES
        cls.cloud.call(*made)

    @classmethod
    def tearDownClass(cls):
        cls.stack.remove()
        cls.cloud.stop()

    @classmethod
    def objects(cls, kind: str, *arguments: str) -> list:
        done = cls.stack.run("list", str(cls.stack.repo), f"-type={kind}", *arguments)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def test_each_page_is_one_call(self):
        self.cloud.forget_calls()
        found = self.objects("aws_route_table", "-json")
        self.assertEqual(len({table["id"] for table in found}), len(found))
        self.assertEqual(len(found), TABLES + 3)
        actions = self.cloud.calls()["actions"]
        # The main table of the VPC is on a page, too.
        calls = sum(count["calls"] for name, count in actions.items() if "DescribeRouteTables" in name)
        self.assertEqual(calls, -(-(TABLES + 4) // PAGE), actions)

    def test_what_a_state_has_is_told_with_its_address(self):
        found = self.objects("aws_route_table", "-json")
        addresses = sorted(table["address"] for table in found if table["managed"])
        self.assertEqual(addresses, [f"aws_route_table.own[{index}]" for index in range(3)])
        vpc = self.objects("aws_vpc", "-json")[0]
        self.assertEqual((vpc["name"], vpc["tags"], vpc["orphan"]), ("main", {"Name": "main"}, False))

    def test_what_no_state_has(self):
        self.assertEqual(len(self.objects("aws_route_table", "-json", "-unmanaged")), TABLES)
        self.assertEqual(self.objects("aws_route_table", "-json", "-orphans"), [])

    def test_without_the_store_what_was_made_is_an_orphan(self):
        lost = f"-store={self.stack.folder / 'other.db'}"
        done = self.stack.run(lost, "list", str(self.stack.repo), "-type=aws_route_table", "-orphans", "-json")
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        self.assertEqual([table["orphan"] for table in found], [True] * 3)


if __name__ == "__main__":
    unittest.main()
