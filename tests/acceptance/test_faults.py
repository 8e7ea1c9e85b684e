"""Nearly a third of all calls go wrong: declined, an internal error, a closed connection, before and after
the effect. Apply converges, makes nothing twice, and destroy leaves nothing behind. Once against the test
server, which knows what was asked for twice and how late things show, and once against moto behind a proxy."""

import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cloud import IMAGE, Cloud  # noqa: E402
from support.faults import FaultProxy  # noqa: E402
from support.world import ROOT, Inventory, Moto, Stack  # noqa: E402

RATE = 0.3
SEED = int(os.environ.get("EVENKEEL_FAULT_SEED", "1"))
# A run may end with a step that has to be repeated; this often it may.
RUNS_MAX = 4

CONFIGURATION = f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{
  region            = "us-east-1"
  s3_use_path_style = true
}}
resource "aws_vpc" "part" {{
  count      = 2
  cidr_block = "10.${{count.index}}.0.0/16"
}}
resource "aws_subnet" "part" {{
  count      = 4
  vpc_id     = aws_vpc.part[count.index % 2].id
  cidr_block = "10.${{count.index % 2}}.${{count.index}}.0/24"
}}
resource "aws_internet_gateway" "out" {{
  count  = 2
  vpc_id = aws_vpc.part[count.index].id
}}
resource "aws_route_table" "out" {{
  count  = 2
  vpc_id = aws_vpc.part[count.index].id
  route {{
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.out[count.index].id
  }}
}}
resource "aws_route_table_association" "out" {{
  count          = 4
  subnet_id      = aws_subnet.part[count.index].id
  route_table_id = aws_route_table.out[count.index % 2].id
}}
resource "aws_security_group" "web" {{
  count  = 2
  name   = "web-${{count.index}}"
  vpc_id = aws_vpc.part[count.index].id
}}
resource "aws_vpc_security_group_ingress_rule" "web" {{
  count             = 6
  security_group_id = aws_security_group.web[count.index % 2].id
  cidr_ipv4         = "10.${{count.index}}.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 80 + count.index
  to_port           = 80 + count.index
}}
resource "aws_instance" "web" {{
  count                  = 4
  ami                    = "{IMAGE}"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.part[count.index].id
  vpc_security_group_ids = [aws_security_group.web[count.index % 2].id]
}}
resource "aws_s3_bucket" "part" {{
  count         = 2
  bucket        = "evenkeel-faults-${{count.index}}"
  force_destroy = true
}}
resource "aws_s3_bucket_versioning" "part" {{
  count  = 2
  bucket = aws_s3_bucket.part[count.index].id
  versioning_configuration {{
    status = "Enabled"
  }}
}}
resource "aws_s3_object" "part" {{
  count   = 2
  bucket  = aws_s3_bucket_versioning.part[count.index].bucket
  key     = "greeting"
  content = "hello"
}}
"""
MADE = {
    "bucket": 2, "instance": 4, "internet-gateway": 2, "object": 2, "route-table": 2, "security-group": 2,
    "security-group-rule": 6, "subnet": 4, "volume": 4, "vpc": 2,
}
# Calls of one apply on a server where nothing goes wrong may grow by this factor.
CALLS_FACTOR = 4


class Faults(unittest.TestCase):
    def until_done(self, stack: Stack, *command: str) -> int:
        """Repeats a command until it succeeds; gives how often it took."""
        for number in range(1, RUNS_MAX + 1):
            done = stack.run(*command, check=None)
            if done.returncode == 0:
                return number
        self.fail(f"evenkeel {command[0]} does not converge in {RUNS_MAX} runs:\n{done.stdout[-2000:]}\n{done.stderr}")

    def cloud(self, **settings) -> tuple:
        delays = {"start_ms": 300, "stop_ms": 300, "linger_ms": 1_000}
        cloud = Cloud({"seed": SEED, "delays": delays, "consistency": {"reads": 1}, **settings})
        self.addCleanup(cloud.stop)
        stack = Stack(cloud.url)
        self.addCleanup(stack.remove)
        stack.write("main.tf", CONFIGURATION)
        stack.commit("A network, instances and buckets")
        return cloud, stack

    def test_apply_converges_and_makes_nothing_twice(self):
        cloud, stack = self.cloud()
        apply = ("apply", str(stack.repo), "-auto-approve", "-settle-time=1s")
        self.assertEqual(self.until_done(stack, *apply), 1)
        usual = cloud.calls()["total"]

        cloud, stack = self.cloud(faults={"rate": RATE})
        apply = ("apply", str(stack.repo), "-auto-approve", "-settle-time=1s")
        began = time.monotonic()
        runs = self.until_done(stack, *apply)
        took, calls = time.monotonic() - began, cloud.calls()
        print(f"apply with {RATE:.0%} faults: {runs} run(s), {took:.1f} s, {calls['total']} calls ({usual} without "
              f"faults), {calls['throttled']} declined, {calls['faults']} other faults", flush=True)
        self.assertEqual(cloud.made(), MADE)
        self.assertEqual(cloud.duplicates(), [])
        self.assertLess(calls["total"], usual * CALLS_FACTOR)
        self.until_done(stack, "plan", str(stack.repo), "-detailed-exitcode")
        self.until_done(stack, "destroy", str(stack.repo), "-auto-approve")
        self.assertEqual(cloud.made(), {})

    def test_a_small_budget_is_kept(self):
        budget = {"action": "ec2:*", "burst": 3, "per_second": 3}
        cloud, stack = self.cloud(budgets=[budget])
        began = time.monotonic()
        runs = self.until_done(stack, "apply", str(stack.repo), "-auto-approve", "-settle-time=1s")
        took, calls = time.monotonic() - began, cloud.calls()
        print(f"apply with 3 calls of each action a second: {runs} run(s), {took:.1f} s, {calls['total']} calls, "
              f"{calls['throttled']} declined", flush=True)
        self.assertEqual(runs, 1)
        self.assertLess(calls["throttled"] * 4, calls["total"])
        self.assertEqual(cloud.duplicates(), [])

    def test_moto_behind_a_proxy_with_faults(self):
        moto = Moto()
        self.addCleanup(moto.stop)
        proxy = FaultProxy(moto.url, RATE, SEED)
        self.addCleanup(proxy.stop)
        stack = Stack(proxy.url, ROOT / "examples" / "quickstart")
        self.addCleanup(stack.remove)
        began = time.monotonic()
        runs = self.until_done(stack, "apply", str(stack.repo), "-auto-approve", "-settle-time=1s")
        print(f"moto with {RATE:.0%} faults: {runs} run(s), {time.monotonic() - began:.1f} s, "
              f"{proxy.calls.total()} calls, {proxy.faults.total()} faults", flush=True)
        expected = {
            "vpcs": 1, "subnets": 2, "gateways": 1, "route_tables": 1, "groups": 1, "rules": 3,
            "instances": 2, "buckets": 1, "objects": 1,
        }
        self.assertEqual(Inventory(moto).counts(), expected)
        self.until_done(stack, "plan", str(stack.repo), "-detailed-exitcode")
        self.until_done(stack, "destroy", str(stack.repo), "-auto-approve")
        self.assertEqual(Inventory(moto).total(), 0)


if __name__ == "__main__":
    unittest.main()
