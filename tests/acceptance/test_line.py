"""The whole line with the built binary against moto: plan, apply, tamper, drift, reconcile, commit,
revert, destroy; from a plain directory, a repository and a file:// remote."""

import json
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import ROOT, Inventory, Moto, Stack, end, tags  # noqa: E402

NETWORK = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" { region = "us-east-1" }
variable "name" { default = "one" }
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = var.name }
}
resource "aws_subnet" "a" {
  count      = 2
  vpc_id     = aws_vpc.main.id
  cidr_block = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
}
output "vpc" { value = aws_vpc.main.id }
"""


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = Moto()

    @classmethod
    def tearDownClass(cls):
        cls.moto.stop()

    def setUp(self):
        self.moto.reset()
        self.stack = Stack(self.moto.url)
        self.addCleanup(self.stack.remove)

    def declare(self, text: str, message: str = "a change") -> str:
        self.stack.write("main.tf", text)
        return self.stack.commit(message)


class TheLine(Case):
    def test_quickstart_from_plan_to_destroy(self):
        stack = Stack(self.moto.url, ROOT / "examples" / "quickstart")
        self.addCleanup(stack.remove)
        repo = str(stack.repo)
        stack.run("apply", repo, "-auto-approve")
        stack.run("plan", repo, "-detailed-exitcode", check=0)
        listed = stack.run("state", "list").stdout.split()
        self.assertIn("module.network.aws_vpc.this", listed)
        self.assertIn("aws_instance.web[0]", listed)
        shown = stack.run("state", "show", "aws_instance.web[0]").stdout
        self.assertIn('resource "aws_instance" "web"', shown)
        runs = json.loads(stack.run("history", "-json").stdout)
        digest = (runs if isinstance(runs, list) else runs["runs"])[-1]["plan_digest"]
        kept = json.loads(stack.run("show", "--plan", digest[:12]).stdout)
        self.assertEqual(kept["format_version"], "1.2")
        created = [c for c in kept["resource_changes"] if c["change"]["actions"] == ["create"]]
        self.assertEqual(len(created), 16)
        state = json.loads(stack.run("show", "-json").stdout)
        self.assertEqual(state["format_version"], "1.0")
        stack.run("destroy", repo, "-auto-approve")
        self.assertEqual(Inventory(self.moto).total(), 0)

    def test_a_change_in_place_a_replacement_and_an_output(self):
        self.declare(NETWORK)
        repo = str(self.stack.repo)
        out = self.stack.run("apply", repo, "-auto-approve").stdout
        self.assertIn("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.", out)
        vpc = next(iter(Inventory(self.moto).vpcs))
        self.assertIn(f'vpc = "{vpc}"', out)
        out = self.stack.run("apply", repo, "-auto-approve", "-var", "name=two").stdout
        self.assertIn("Resources: 0 added, 1 changed, 0 destroyed.", out)
        found = self.moto.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
        self.assertEqual(tags(found)["Name"], "two")
        self.declare(NETWORK.replace("10.0.0.0/16", "10.1.0.0/16"))
        out = self.stack.run("plan", repo, "-detailed-exitcode", check=2).stdout
        self.assertIn("# aws_vpc.main must be replaced", out)
        self.assertIn("# forces replacement", out)
        self.stack.run("apply", repo, "-auto-approve")
        after = Inventory(self.moto)
        self.assertEqual((len(after.vpcs), len(after.subnets)), (1, 2))
        self.assertNotIn(vpc, after.vpcs)

    def test_the_revision_is_read_and_the_work_tree_is_not(self):
        first = self.declare(NETWORK)
        self.stack.write("main.tf", "this is no configuration")
        self.stack.run("apply", str(self.stack.repo), "--revision", first[:12], "-auto-approve")
        remote = f"file://{self.stack.repo}"
        self.stack.run("plan", remote, "--revision", "main", "-detailed-exitcode", check=0)
        self.stack.run("plan", str(self.stack.repo / ".git"), "--revision", "main", "-detailed-exitcode", check=0)

    def test_drift_is_named_per_attribute_and_detect_leaves_it(self):
        self.declare(NETWORK)
        repo, ec2 = str(self.stack.repo), self.moto.client("ec2")
        self.stack.run("apply", repo, "-auto-approve")
        vpc = next(iter(Inventory(self.moto).vpcs))
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "tampered"}])
        out = self.stack.run("drift", repo).stdout
        self.assertIn("aws_vpc.main", out)
        self.assertIn("tampered", out)
        self.stack.run("reconcile", repo, "--once", "--drift", "detect", check=2)
        self.assertEqual(tags(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0])["Name"], "tampered")
        self.stack.run("reconcile", repo, "--once")
        self.assertEqual(tags(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0])["Name"], "one")
        out = self.stack.run("history").stdout
        self.assertIn("reconcile", out)
        out = self.stack.run("history", "aws_vpc.main").stdout
        self.assertIn("tampered", out)

    def test_the_loop_follows_commits_and_stops_at_ctrl_c(self):
        self.declare(NETWORK)
        loop = self.stack.start("reconcile", str(self.stack.repo), "--revision", "main", "--interval", "300ms")
        try:
            self.wait_for(lambda: len(Inventory(self.moto).subnets) == 2)
            self.declare(NETWORK.replace("count      = 2", "count      = 3"))
            self.wait_for(lambda: len(Inventory(self.moto).subnets) == 3)
        finally:
            end(loop, 2)
        self.assertEqual(loop.returncode, 0)
        # The lease was given back: another process can work at once.
        self.stack.run("apply", str(self.stack.repo), "--revision", "main", "-auto-approve")

    def test_two_processes_cannot_apply_one_stack(self):
        self.declare(NETWORK)
        loop = self.stack.start("reconcile", str(self.stack.repo), "--interval", "10m")
        try:
            self.wait_for(lambda: len(Inventory(self.moto).subnets) == 2)
        finally:
            end(loop, 2)
        # A process that waits for an answer holds the lease.
        self.declare(NETWORK.replace("count      = 2", "count      = 3"))
        first = subprocess.Popen(
            self.stack.command("apply", str(self.stack.repo)),
            env=dict(self.stack.env, EVENKEEL_STORE=str(self.stack.store)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
        )
        try:
            for line in first.stdout:
                if "Do you want to perform these actions" in line:
                    break
            second = self.stack.run("apply", str(self.stack.repo), "-auto-approve", check=1)
            self.assertIn("Another process is working on this stack", second.stderr)
            first.stdin.write("no\n")
            first.stdin.close()
            self.assertEqual(first.wait(60), 1)
        finally:
            end(first)
            first.stdout.close()
        self.assertEqual(len(Inventory(self.moto).subnets), 2)

    def test_ctrl_c_finishes_what_runs_and_loses_nothing(self):
        self.declare(
            'provider "aws" { region = "us-east-1" }\n'
            'resource "aws_vpc" "many" {\n  count = 120\n'
            '  cidr_block = cidrsubnet("10.0.0.0/8", 12, count.index)\n}\n'
        )
        printed = self.stack.folder / "printed"
        with printed.open("w") as file:
            run = subprocess.Popen(
                self.stack.command("apply", str(self.stack.repo), "-auto-approve", "-parallelism=3"),
                env=dict(self.stack.env, EVENKEEL_STORE=str(self.stack.store)),
                stdout=file, stderr=file,
            )
            try:
                self.wait_for(lambda: printed.read_text().count("Creation complete") >= 5)
                run.send_signal(2)
                self.assertEqual(run.wait(60), 1, printed.read_text())
            finally:
                end(run)
        made = len(Inventory(self.moto).vpcs)
        self.assertLess(made, 120)
        self.assertEqual(len(self.stack.run("state", "list").stdout.split()), made)
        self.assertIn("interrupted", self.stack.run("history").stdout)
        self.stack.run("apply", str(self.stack.repo), "-auto-approve")
        self.assertEqual(len(Inventory(self.moto).vpcs), 120)

    def test_json_lines_are_what_tools_read(self):
        self.declare(NETWORK)
        lines = self.stack.json_lines("plan", str(self.stack.repo))
        kinds = [line["type"] for line in lines]
        self.assertEqual(kinds.count("planned_change"), 3)
        summary = next(line for line in lines if line["type"] == "change_summary")
        self.assertEqual(summary["changes"]["add"], 3)
        lines = self.stack.json_lines("apply", str(self.stack.repo), "-auto-approve")
        self.assertEqual(sum(line["type"] == "apply_complete" for line in lines), 3)

    def test_sensitive_values_never_show(self):
        canary = "canary-7f3a9"
        self.declare(
            NETWORK
            + 'variable "secret" { sensitive = true }\n'
            + 'resource "aws_vpc" "s" {\n  cidr_block = "10.9.0.0/16"\n  tags = { Secret = var.secret }\n}\n'
            + 'output "s" {\n  value = var.secret\n  sensitive = true\n}\n'
        )
        repo, env = str(self.stack.repo), {"TF_VAR_secret": canary}
        seen = [
            self.stack.run(*words, env=env, check=None)
            for words in (
                ("plan", repo), ("plan", repo, "-json"), ("apply", repo, "-auto-approve"), ("show",),
                ("output",), ("state", "show", "aws_vpc.s"), ("history", "aws_vpc.s"),
                ("drift", repo), ("drift", repo, "-json"), ("validate", repo, "-json"),
            )
        ]
        for done in seen:
            self.assertNotIn(canary, done.stdout + done.stderr, done.args)
        # The documents for machines have it in clear, as Terraform's do, and say that it is sensitive.
        document = json.loads(self.stack.run("show", "-json").stdout)
        self.assertEqual(document["values"]["outputs"]["s"], {"sensitive": True, "type": "string", "value": canary})
        vpcs = document["values"]["root_module"]["resources"]
        secret = next(vpc for vpc in vpcs if vpc["address"] == "aws_vpc.s")
        self.assertTrue(secret["sensitive_values"]["tags"]["Secret"])
        self.assertEqual(len(Inventory(self.moto).vpcs), 2)

    def wait_for(self, condition, seconds: float = 60):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not happen in time")
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
