"""The test server of tests/aws-server: EC2 and S3 as the tests need them, stricter than the real ones.
It listens on the loopback interface and ends with this object."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from support.world import ROOT

# The first image that every account is born with.
IMAGE = "ami-00000000000000001"


def server() -> Path:
    """The program that `cargo build --release -p evenkeel-aws-server` made."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = Path(os.environ.get("EVENKEEL_AWS_SERVER", target / "release" / "aws-server"))
    if not found.is_file():
        sys.exit(f"error: {found} is not there; run `make release` first")
    return found


class Cloud:
    def __init__(self, settings: dict | None = None):
        command = [str(server()), "--settings", json.dumps(settings or {})]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit("error: the test server did not start")
        self.url = json.loads(line)["url"]

    def door(self, method: str, path: str, body=None):
        """The admin door."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_admin/{path}", method=method, data=data)
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    def set(self, **settings):
        self.door("PATCH", "settings", settings)

    def call(self, *calls: tuple) -> list:
        """EC2 calls that cost nothing and never fail by chance: (action, parameters)."""
        body = {"calls": [{"action": action, "parameters": parameters} for action, parameters in calls]}
        return self.door("POST", "run", body)

    def objects(self, kind: str) -> list:
        return self.door("GET", f"objects?kind={kind}")

    def made(self) -> dict:
        """How many objects there are that calls made, by kind."""
        return self.door("GET", "summary")

    def duplicates(self) -> list:
        return self.door("GET", "duplicates")

    def calls(self) -> dict:
        return self.door("GET", "calls")

    def forget_calls(self):
        self.door("DELETE", "calls")

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
