"""`plan -probe-permissions`: EC2 is asked with DryRun whether it would do what is planned, nothing is done, and what is
missing is one table. An endpoint that does not heed DryRun is not asked."""

import json
import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import Moto, Stack  # noqa: E402

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
}
resource "aws_subnet" "each" {
  count      = 2
  vpc_id     = aws_vpc.main.id
  cidr_block = cidrsubnet("10.0.0.0/16", 8, count.index)
}
resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 1
}
resource "terraform_data" "other" {}
"""
STS = '<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>{1}</{0}Result></{0}Response>'
EC2 = "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>r-1</RequestID></Response>"
WOULD = "Request would have succeeded, but DryRun flag is set."
REFUSED = "You are not authorized to perform this operation. Encoded authorization failure message: {}"
MADE = '<{0}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"></{0}Response>'


def decoded(action: str) -> str:
    resource = f"arn:aws:ec2:us-east-1:123456789012:{action.removeprefix('Create').lower()}/*"
    context = {"action": f"ec2:{action}", "resource": resource, "principal": {"arn": "arn:aws:iam::123456789012:user/ci"}}
    return json.dumps({"allowed": False, "explicitDeny": False, "matchedStatements": {"items": []}, "context": context})


class Deciding(BaseHTTPRequestHandler):
    """Says what it would do, and notes what it was told to do without being only asked."""

    def do_POST(self):
        values = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = values["Action"][0]
        status, text = self.answer(action, values)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def answer(self, action: str, values: dict) -> tuple:
        server = self.server
        if action == "GetCallerIdentity":
            return 200, STS.format(action, "<Account>123456789012</Account>")
        if action == "DecodeAuthorizationMessage":
            told = f"<DecodedMessage>{escape(decoded(values['EncodedMessage'][0]))}</DecodedMessage>"
            return 200, STS.format(action, told)
        if values.get("DryRun") != ["true"]:
            if not action.startswith("Describe"):
                server.done.append(action)
            return 200, MADE.format(action)
        server.asked.append(action)
        if action in server.denied:
            return 403, EC2.format("UnauthorizedOperation", REFUSED.format(action))
        if action == "CreateVolume":
            return 400, EC2.format("VolumeLimitExceeded", "There are enough.")
        return 412, EC2.format("DryRunOperation", WOULD)

    def log_message(self, *_):
        pass


class Probe(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Deciding)
        self.server.denied, self.server.asked, self.server.done = set(), [], []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.stack = Stack(f"http://127.0.0.1:{self.server.server_port}")
        self.stack.write("main.tf", CONFIGURATION)
        self.stack.commit("A network")

    def tearDown(self):
        self.stack.remove()
        self.server.shutdown()
        self.server.server_close()

    def probed(self, *arguments: str, check: int):
        done = self.stack.run("plan", str(self.stack.repo), "-probe-permissions", *arguments, check=check)
        self.assertEqual(self.server.done, [])
        return done

    def test_what_is_missing_is_one_table(self):
        self.server.denied = {"CreateVpc", "CreateSubnet"}
        done = self.probed(check=1)
        rows = [line.split() for line in done.stdout.splitlines() if line.startswith("  ec2:")]
        self.assertEqual([row[0] for row in rows], ["ec2:CreateSubnet", "ec2:CreateVpc"])
        self.assertIn("aws_subnet.each[0],", rows[0])
        self.assertIn('{"Action":"ec2:CreateVpc","Effect":"Allow","Resource":"arn:aws:ec2:us-east-1:', done.stdout)
        self.assertIn("Missing permissions", done.stderr)

    def test_what_is_allowed_is_told_in_a_line(self):
        done = self.probed(check=0)
        self.assertIn("Permissions: 3 allowed, 0 missing, 1 not to be told yet, 1 that nobody can be asked about.", done.stdout)
        self.assertIn("aws_ebs_volume.data (create): VolumeLimitExceeded", done.stdout)
        self.assertEqual(self.server.asked.count("CreateSubnet"), 2)

    def test_programs_get_a_line(self):
        self.server.denied = {"CreateVpc"}
        done = self.probed("-json", "-detailed-exitcode", check=1)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        found = next(line["permissions"] for line in lines if line["type"] == "permissions")
        self.assertEqual([missing["action"] for missing in found["missing"]], ["ec2:CreateVpc"])
        self.assertEqual(found["missing"][0]["addresses"], ["aws_vpc.main"])
        self.assertEqual((found["granted"], found["unasked"]), (2, 1))


class Emulators(unittest.TestCase):
    def test_an_endpoint_that_does_not_heed_dry_run_is_not_asked(self):
        moto = Moto()
        stack = Stack(moto.url)
        try:
            stack.write("main.tf", CONFIGURATION)
            stack.commit("A network")
            before = len(moto.client("ec2").describe_vpcs()["Vpcs"])
            done = stack.run("plan", str(stack.repo), "-probe-permissions", check=0)
            self.assertIn("does not heed DryRun", done.stdout)
            self.assertEqual(len(moto.client("ec2").describe_vpcs()["Vpcs"]), before)
        finally:
            stack.remove()
            moto.stop()


if __name__ == "__main__":
    unittest.main()
