#!/usr/bin/env python3
"""Measures, here and now, what the documentation quotes: the time of a plan of 1,000 objects against
moto, and the API calls it took, beside the calls of a reader that asks for each object alone; then a drift
sweep of a large stack on the test server (sweep.py), how
evaluation and planning grow with the configuration (scale.py), and both command lines side by side
(beside.py). Prints figures and judges none of them."""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import Moto, Stack  # noqa: E402

OBJECTS = int(os.environ.get("EVENKEEL_BENCH_OBJECTS", "1000"))

# What one read of each type takes when every object is read alone. Counted in read functions of the
# public hashicorp/aws provider, in releases before the one whose schema is followed (the bucket's is
# years older, and asks once more whether the bucket exists): an estimate, not a measurement. A VPC is
# described, with three attributes, its default network
# ACL, main route table and default security group; a bucket is asked for its region, policy, ACL,
# CORS, website, versioning, acceleration, request payment, logging, lifecycle, replication,
# encryption, object lock and tags.
CALLS_ALONE = {"aws_vpc": 7, "aws_s3_bucket": 14}


def configuration(each: int) -> str:
    return f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{ region = "us-east-1" }}
resource "aws_vpc" "many" {{
  count      = {each}
  cidr_block = cidrsubnet("10.0.0.0/8", 12, count.index)
  tags       = {{ Name = "vpc-${{count.index}}" }}
}}
resource "aws_s3_bucket" "many" {{
  count  = {each}
  bucket = "evenkeel-bench-${{count.index}}"
}}
"""


def plan(stack: Stack) -> tuple[float, dict]:
    began = time.monotonic()
    lines = stack.json_lines("plan", str(stack.repo), "-detailed-exitcode")
    took = time.monotonic() - began
    return took, next(line for line in lines if line["type"] == "api_calls")


def main() -> int:
    each = OBJECTS // 2
    print(f"{platform.machine()}, {os.cpu_count()} cores; moto answers one call at a time in Python,")
    print("so the wall times are mostly its own; the calls are what counts.\n")
    moto = Moto()
    stack = Stack(moto.url)
    try:
        stack.write("main.tf", configuration(each))
        stack.commit("Many objects")
        began = time.monotonic()
        stack.run("apply", str(stack.repo), "-auto-approve", timeout=3600)
        print(f"apply of {2 * each} objects                {time.monotonic() - began:8.2f} s")
        took, calls = plan(stack)
        alone = each * sum(CALLS_ALONE.values())
        print(f"plan of {2 * each} objects, nothing to do  {took:8.2f} s")
        print(f"   rounds of questions                 {calls['rounds']:8}")
        print(f"   API calls                           {calls['total']:8}")
        print(f"   one object at a time (estimate)     {alone:8}   ({alone / max(calls['total'], 1):.1f} times as many)")
        for name, count in sorted(calls["calls"].items(), key=lambda item: -item[1]):
            print(f"      {name:<34}{count:8}")
        began = time.monotonic()
        stack.run("plan", str(stack.repo), "-refresh=false", "-detailed-exitcode")
        print(f"plan without looking (-refresh=false)  {time.monotonic() - began:8.2f} s")
        empty = Stack(moto.url)
        empty.write("main.tf", 'output "nothing" { value = 1 }\n')
        began = time.monotonic()
        empty.run("plan", str(empty.repo))
        print(f"plan of an empty stack, process start to end {time.monotonic() - began:.3f} s")
        empty.remove()
    finally:
        moto.stop()
        stack.remove()
    print("\nA drift sweep of a large stack, on the test server:", flush=True)
    swept = subprocess.call([sys.executable, str(Path(__file__).with_name("sweep.py"))])
    print("\nHow evaluation and planning alone grow, in processor time:", flush=True)
    here = Path(__file__)
    grown = subprocess.call([sys.executable, str(here.with_name("scale.py"))])
    print("\nThe whole command line beside Terraform's:", flush=True)
    return subprocess.call([sys.executable, str(here.with_name("beside.py"))]) or grown or swept


if __name__ == "__main__":
    sys.exit(main())
