#!/usr/bin/env python3
"""What a drift sweep of a large stack takes on the test server (tests/aws-server): calls, time, memory.

usage: sweep.py [--instances N] [--groups N] [--rules N] [--volumes N]

The cloud is filled through the server's admin door and the stack through a state file, so that only the
sweep is measured. Prints figures; fails when a sweep takes more calls than it may, or finds drift that is
not there, or overlooks drift that is."""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cloud import IMAGE, Cloud  # noqa: E402
from support.world import ROOT, Stack, binary  # noqa: E402

CALLS_MAX = 60
LAUNCHED_AT_ONCE = 1_000
SUBNETS = 4


def configuration(sizes) -> str:
    return f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{ region = "us-east-1" }}
resource "aws_vpc" "main" {{ cidr_block = "10.0.0.0/16" }}
resource "aws_subnet" "part" {{
  count             = {SUBNETS}
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet("10.0.0.0/16", 4, count.index)
  availability_zone = "us-east-1a"
}}
resource "aws_security_group" "many" {{
  count  = {sizes.groups}
  name   = "group-${{count.index}}"
  vpc_id = aws_vpc.main.id
}}
resource "aws_vpc_security_group_ingress_rule" "many" {{
  count             = {sizes.groups * sizes.rules}
  security_group_id = aws_security_group.many[floor(count.index / {sizes.rules})].id
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "tcp"
  from_port         = 1000 + count.index % {sizes.rules}
  to_port           = 1000 + count.index % {sizes.rules}
}}
resource "aws_instance" "many" {{
  count         = {sizes.instances}
  ami           = "{IMAGE}"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.part[floor(count.index * {SUBNETS} / {sizes.instances})].id
}}
""" + (f"""
resource "aws_ebs_volume" "many" {{
  count             = {sizes.volumes}
  availability_zone = "us-east-1a"
  size              = 10
  type              = "gp3"
}}
""" if sizes.volumes else "")


def fill(cloud: Cloud, sizes) -> dict:
    """Makes everything; gives the identifiers by resource type."""
    found = {}
    vpc = cloud.call(("CreateVpc", {"CidrBlock": "10.0.0.0/16"}))[0]["vpc"]["vpcId"]
    found["aws_vpc.main"] = [vpc]
    subnet = lambda n: {"VpcId": vpc, "CidrBlock": f"10.0.{n * 16}.0/20", "AvailabilityZone": "us-east-1a"}  # noqa: E731
    made = cloud.call(*[("CreateSubnet", subnet(n)) for n in range(SUBNETS)])
    subnets = found["aws_subnet.part"] = [answer["subnet"]["subnetId"] for answer in made]
    group = lambda n: {"VpcId": vpc, "GroupName": f"group-{n}", "GroupDescription": "Managed by Terraform"}  # noqa: E731
    made = cloud.call(*[("CreateSecurityGroup", group(n)) for n in range(sizes.groups)])
    groups = found["aws_security_group.many"] = [answer["groupId"] for answer in made]
    rules = found["aws_vpc_security_group_ingress_rule.many"] = []
    everything = {"IpPermissions.1.IpProtocol": "-1", "IpPermissions.1.IpRanges.1.CidrIp": "0.0.0.0/0"}
    cloud.call(*[("RevokeSecurityGroupEgress", {"GroupId": group, **everything}) for group in groups])
    for group in groups:
        parameters = {"GroupId": group}
        for n in range(sizes.rules):
            start = f"IpPermissions.{n + 1}"
            parameters |= {f"{start}.IpProtocol": "tcp", f"{start}.FromPort": 1000 + n, f"{start}.ToPort": 1000 + n,
                           f"{start}.IpRanges.1.CidrIp": "10.0.0.0/8"}
        answer = cloud.call(("AuthorizeSecurityGroupIngress", parameters))[0]
        rules += [rule["securityGroupRuleId"] for rule in answer["securityGroupRuleSet"]]
    instances = found["aws_instance.many"] = []
    for n, subnet_id in enumerate(subnets):
        left = sizes.instances * (n + 1) // SUBNETS - sizes.instances * n // SUBNETS
        while left:
            count = min(left, LAUNCHED_AT_ONCE)
            left -= count
            answer = cloud.call(("RunInstances", {"ImageId": IMAGE, "InstanceType": "t3.micro", "SubnetId": subnet_id,
                                                  "MinCount": count, "MaxCount": count}))[0]
            instances += [instance["instanceId"] for instance in answer["instancesSet"]]
    volume = {"AvailabilityZone": "us-east-1a", "Size": 10, "VolumeType": "gp3"}
    if sizes.volumes:
        made = cloud.call(*[("CreateVolume", volume) for _ in range(sizes.volumes)])
        found["aws_ebs_volume.many"] = [answer["volumeId"] for answer in made]
    return found


def more(kind: str, id: str) -> dict:
    if kind != "aws_instance":
        return {}
    return {
        "arn": f"arn:aws:ec2:us-east-1:123456789012:instance/{id}", "disable_api_stop": False,
        "disable_api_termination": False, "instance_initiated_shutdown_behavior": "stop",
    }


def state(found: dict) -> str:
    """A state file that knows little but the identifiers: the first sweep reads the rest, except what
    instances have calls of their own for."""
    resources = []
    for address, ids in found.items():
        kind, name = address.split(".")
        key = (lambda n: {}) if address == "aws_vpc.main" else (lambda n: {"index_key": n})
        instances = [{**key(n), "schema_version": 0, "attributes": {"id": id, **more(kind, id)}} for n, id in enumerate(ids)]
        resources.append({
            "mode": "managed", "type": kind, "name": name,
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]', "instances": instances,
        })
    return json.dumps({
        "version": 4, "terraform_version": "1.11.4", "serial": 1,
        "lineage": "0f2b5f0e-9d1c-4c47-8a4e-000000000001", "outputs": {}, "resources": resources,
    })


def measured(stack: Stack, *arguments: str) -> tuple:
    """A run's seconds, largest memory in MB, exit code and output."""
    command = ["/usr/bin/env", "python3", "-c", MEASURE, str(binary()), *arguments]
    environment = dict(stack.env, EVENKEEL_STORE=str(stack.store))
    done = subprocess.run(command, cwd=stack.repo, env=environment, capture_output=True, text=True)
    took = json.loads(done.stderr.splitlines()[-1])
    return took["seconds"], took["megabytes"], done.returncode, done.stdout + done.stderr


MEASURE = """
import json, resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.call(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(json.dumps({"seconds": time.monotonic() - began, "megabytes": peak}), file=sys.stderr)
sys.exit(code)
"""


def sweep(stack: Stack, cloud: Cloud, name: str, changed: str | None) -> list:
    cloud.forget_calls()
    seconds, megabytes, found, output = measured(stack, "plan", "-refresh-only", "-no-color")
    calls = cloud.calls()
    print(f"{name:<34}{seconds:8.2f} s {megabytes:8} MB {calls['total']:8} calls", flush=True)
    for action, count in calls["actions"].items():
        print(f"   {action:<40}{count['calls']:8}")
    wrong = []
    drifted = [line.split()[1] for line in output.splitlines() if line.endswith(("has changed", "has been deleted"))]
    if found != 0 or drifted != ([changed] if changed else []):
        wrong.append(f"{name}: exit code {found}, drift of {drifted[:5]}\n{output[-3000:]}")
    if calls["total"] > CALLS_MAX:
        wrong.append(f"{name}: {calls['total']} calls, more than {CALLS_MAX}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=10_000)
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--rules", type=int, default=20)
    parser.add_argument("--volumes", type=int, default=2_000)
    sizes = parser.parse_args()
    if sizes.volumes and not (ROOT / "schemas" / "aws" / "aws_ebs_volume.json").is_file():
        print("volumes are left out: there is no aws_ebs_volume yet")
        sizes.volumes = 0
    print(f"{platform.machine()}, {os.cpu_count()} cores; {sizes.instances} instances, {sizes.volumes} volumes, "
          f"{sizes.groups} security groups with {sizes.rules} rules each", flush=True)
    cloud = Cloud({"seed": 1})
    stack = Stack(cloud.url)
    try:
        began = time.monotonic()
        found = fill(cloud, sizes)
        print(f"the server was filled in          {time.monotonic() - began:8.2f} s", flush=True)
        stack.write("main.tf", configuration(sizes))
        stack.write("terraform.tfstate", state(found))
        seconds, megabytes, code, output = measured(stack, "apply", "-refresh-only", "-auto-approve", "-no-color")
        if code != 0:
            print(output[-4000:])
            return 1
        print(f"what is not known yet is read in  {seconds:8.2f} s {megabytes:8} MB", flush=True)
        wrong = sweep(stack, cloud, "a sweep that finds nothing", None)
        number = sizes.instances // 2
        victim = found["aws_instance.many"][number]
        cloud.door("POST", "change", {"id": victim, "tags": {"Owner": "somebody"}})
        wrong += sweep(stack, cloud, "a sweep that finds a tag", f"aws_instance.many[{number}]")
    finally:
        cloud.stop()
        stack.remove()
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
