#!/usr/bin/env python3
"""Who may write: two applies at once, an apply that is asked to stop (SIGINT, SIGTERM, SIGHUP) or whose terminal
goes away, and one that stands still for longer than its lease lasts and wakes up while another has gone on.
Against the test server of tests/aws-server, which says what was made twice. After each, one more apply has to
succeed by itself, the plan after it has to be empty, and the audit log whole.

usage: lease.py [--skip-suspended]     (the suspended process takes more than a minute)"""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cloud import Cloud  # noqa: E402
from support.world import Stack, end  # noqa: E402

# A lease lasts for 60 seconds.
STANDSTILL = 66
STACK = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
}
resource "aws_vpc" "v" {
  count      = 4
  cidr_block = "10.${count.index}.0.0/16"
}
resource "aws_subnet" "s" {
  count      = 40
  vpc_id     = aws_vpc.v[count.index % 4].id
  cidr_block = cidrsubnet(aws_vpc.v[count.index % 4].cidr_block, 8, count.index)
}
resource "aws_internet_gateway" "g" {
  count  = 4
  vpc_id = aws_subnet.s[count.index].vpc_id
}
"""
MADE = {"vpc": 4, "subnet": 40, "internet-gateway": 4}


class Case:
    def __init__(self):
        # What is made shows late, so that an apply takes its time.
        self.cloud = Cloud({"seed": 1, "consistency": {"ms": 700}})
        self.stack = Stack(self.cloud.url)
        self.stack.write("main.tf", STACK)
        self.stack.commit("Networks")
        self.apply = ("apply", str(self.stack.repo), "-auto-approve", "-settle-time=2s", "-parallelism=4")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cloud.stop()
        self.stack.remove()

    def settled(self):
        """One more apply, and all is as it has to be."""
        self.stack.run(*self.apply)
        assert self.cloud.made() == MADE, self.cloud.made()
        assert self.cloud.duplicates() == [], self.cloud.duplicates()
        self.stack.run("plan", str(self.stack.repo), "-detailed-exitcode", check=0)
        self.stack.run("audit", "verify", f"-location={self.stack.repo}")
        left = sorted(path.name for path in self.stack.folder.glob("state.db-holder-*"))
        assert left == [], left


def said(process: subprocess.Popen) -> tuple:
    """How a process ended, and what it said."""
    text, _ = process.communicate(timeout=120)
    return process.returncode, text


def together():
    with Case() as case:
        both = [case.stack.start(*case.apply) for _ in range(2)]
        ends = [said(process) for process in both]
        assert sorted(code for code, _ in ends) == [0, 1], ends
        (refused,) = [text for code, text in ends if code == 1]
        assert "lock" in refused.lower() or "lease" in refused.lower(), refused
        case.settled()


def asked(how: int):
    with Case() as case:
        process = case.stack.start(*case.apply)
        time.sleep(1.5)
        assert process.poll() is None, said(process)
        process.send_signal(how)
        code, text = said(process)
        assert code not in (0, -how), (code, text)
        assert sum(case.cloud.made().values()) < sum(MADE.values()), "it was over before it was asked"
        case.settled()


def suspended():
    with Case() as case:
        process = case.stack.start(*case.apply)
        try:
            time.sleep(1.5)
            process.send_signal(signal.SIGSTOP)
            time.sleep(STANDSTILL)
            case.stack.run(*case.apply)
            made = case.cloud.made()
            process.send_signal(signal.SIGCONT)
            code, text = said(process)
            assert code == 1 and "lease" in text.lower(), (code, text)
            assert case.cloud.made() == made, "it went on with a lease that was not its own"
            case.settled()
        finally:
            end(process)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skip-suspended", action="store_true")
    cases = [
        ("two applies at once", together),
        ("SIGINT", lambda: asked(signal.SIGINT)),
        ("SIGTERM", lambda: asked(signal.SIGTERM)),
        ("SIGHUP", lambda: asked(signal.SIGHUP)),
    ]
    if not parser.parse_args().skip_suspended:
        cases.append((f"stands still for {STANDSTILL} s", suspended))
    failed = 0
    for name, case in cases:
        began = time.monotonic()
        try:
            case()
            print(f"{name}: lost 0, doubled 0, {time.monotonic() - began:.1f} s", flush=True)
        except AssertionError as wrong:
            failed += 1
            print(f"{name}: FAILED: {wrong}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
