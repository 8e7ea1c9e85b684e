"""A call that EC2 refuses: the encoded message is read where that is allowed, and the statement that is missing
is told."""

import json
import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import Stack  # noqa: E402

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
"""
REFUSED = (
    "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this "
    "operation. Encoded authorization failure message: abc-DE_f</Message></Error></Errors><RequestID>r-1</RequestID></Response>"
)
DECODED = {
    "allowed": False,
    "explicitDeny": False,
    "matchedStatements": {"items": []},
    "context": {
        "principal": {"arn": "arn:aws:iam::123456789012:user/ci"},
        "action": "ec2:CreateVpc",
        "resource": "arn:aws:ec2:us-east-1:123456789012:vpc/*",
    },
}
STS = '<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>{1}</{0}Result></{0}Response>'
DENIED = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>'
    "<Message>no</Message></Error></ErrorResponse>"
)


class Refusing(BaseHTTPRequestHandler):
    """Knows who asks, and allows nothing else but, perhaps, to read why."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        action = parse_qs(body)["Action"][0]
        if action == "GetCallerIdentity":
            status, text = 200, STS.format(action, "<Account>123456789012</Account>")
        elif action == "DecodeAuthorizationMessage" and self.server.tells_why:
            told = f"<DecodedMessage>{escape(json.dumps(DECODED))}</DecodedMessage>"
            status, text = 200, STS.format(action, told)
        elif action == "DecodeAuthorizationMessage":
            status, text = 403, DENIED
        else:
            status, text = 403, REFUSED
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Denied(unittest.TestCase):
    def refused(self, tells_why: bool) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        server.tells_why = tells_why
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack = Stack(f"http://127.0.0.1:{server.server_port}")
        try:
            stack.write("main.tf", CONFIGURATION)
            stack.commit("A network")
            done = stack.run("apply", str(stack.repo), "-auto-approve", check=1)
            return " ".join((done.stdout + done.stderr).split())
        finally:
            stack.remove()
            server.shutdown()
            server.server_close()

    def test_the_statement_that_is_missing_is_told(self):
        text = self.refused(tells_why=True)
        resource = DECODED["context"]["resource"]
        self.assertIn(f"user/ci may not call ec2:CreateVpc on {resource}: no policy allows it", text)
        self.assertIn('"Action":"ec2:CreateVpc"', text)
        self.assertNotIn("abc-DE_f", text)

    def test_what_may_not_be_read_is_left_out(self):
        text = self.refused(tells_why=False)
        self.assertIn("with sts:DecodeAuthorizationMessage it would be told here", text)
        self.assertNotIn("abc-DE_f", text)


if __name__ == "__main__":
    unittest.main()
