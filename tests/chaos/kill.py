#!/usr/bin/env python3
"""`kill -9` of a running apply at random moments, against moto. A stack of 60 objects is brought from one
revision to the next, which creates, updates, replaces in both orders and deletes; the process is killed on
the way, sometimes again while it recovers; then the same command is run once more. What the API has is
compared with what an undisturbed run leaves there: lost, doubled and orphaned objects are counted, and how
long the command after the kill took.

usage: kill.py [--points N] [--seed N]

Ends with 1 if anything was lost, doubled, orphaned, or needed a hand."""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import Moto, Stack, end, tags  # noqa: E402

# So often the run that recovers is killed as well.
AGAIN = 0.3

HEAD = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
}
"""

# What differs between the two revisions: the first and the second value of each.
REVISIONS = {
    "label": ("first", "second"),  # updated in place
    "offset": (0, 20),  # subnets from the fifth on are replaced
    "groups": (10, 11),
    "group": ("one", "two"),  # groups are replaced, the new one first
    "port": (443, 8443),
    "tables": (4, 3),
    "buckets": (4, 5),
    "roles": (4, 3),
    "zone": ("us-east-1a", "us-east-1b"),  # volumes are replaced
}

STACK = """
locals {{
  label = "{label}"
}}
resource "aws_vpc" "main" {{
  cidr_block = "10.0.0.0/16"
  tags       = {{ Name = "main", label = local.label }}
}}
resource "aws_internet_gateway" "main" {{
  vpc_id = aws_vpc.main.id
  tags   = {{ Name = "main" }}
}}
resource "aws_subnet" "s" {{
  count      = 10
  vpc_id     = aws_vpc.main.id
  cidr_block = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index < 5 ? count.index : count.index + {offset})
  tags       = {{ Name = "s${{count.index}}", label = local.label }}
}}
resource "aws_security_group" "g" {{
  count       = {groups}
  name        = "g${{count.index}}-{group}"
  description = "{group}"
  vpc_id      = aws_vpc.main.id
  tags        = {{ Name = "g${{count.index}}" }}
  lifecycle {{
    create_before_destroy = true
  }}
}}
resource "aws_vpc_security_group_ingress_rule" "r" {{
  count             = 10
  security_group_id = aws_security_group.g[count.index].id
  cidr_ipv4         = aws_vpc.main.cidr_block
  ip_protocol       = "tcp"
  from_port         = {port}
  to_port           = {port}
}}
resource "aws_route_table" "t" {{
  count  = {tables}
  vpc_id = aws_vpc.main.id
  tags   = {{ Name = "t${{count.index}}", label = local.label }}
}}
resource "aws_route_table_association" "a" {{
  count          = {tables}
  subnet_id      = aws_subnet.s[count.index + 3].id
  route_table_id = aws_route_table.t[count.index].id
}}
resource "aws_s3_bucket" "b" {{
  count  = {buckets}
  bucket = "evenkeel-chaos-${{count.index}}"
}}
resource "aws_s3_object" "o" {{
  count   = {buckets}
  bucket  = aws_s3_bucket.b[count.index].bucket
  key     = "label"
  content = local.label
}}
resource "aws_iam_role" "r" {{
  count              = {roles}
  name               = "evenkeel-chaos-${{count.index}}"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}]
  }})
}}
resource "aws_iam_role_policy" "p" {{
  count  = {roles}
  name   = "read"
  role   = aws_iam_role.r[count.index].name
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:Get*", Resource = "arn:aws:s3:::${{aws_s3_bucket.b[0].bucket}}/{label}" }}]
  }})
}}
resource "aws_ebs_volume" "v" {{
  count             = 4
  availability_zone = "{zone}"
  size              = 1
  tags              = {{ Name = "v${{count.index}}" }}
}}
"""


def revision(which: int) -> str:
    return HEAD + STACK.format(**{name: values[which] for name, values in REVISIONS.items()})


def world(moto: Moto) -> Counter:
    """What the API has, without the names that it gives itself: each object as often as it is there."""
    ec2, s3, iam = moto.client("ec2"), moto.client("s3"), moto.client("iam")
    found = Counter()

    def take(kind: str, *what):
        found[(kind, *what)] += 1

    def own(thing):
        return tuple(sorted(pair for pair in tags(thing).items() if not pair[0].startswith("evenkeel:")))

    vpcs = [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    ids = {vpc["VpcId"] for vpc in vpcs}
    subnets = {s["SubnetId"]: s for s in ec2.describe_subnets()["Subnets"] if s["VpcId"] in ids}
    for vpc in vpcs:
        take("vpc", vpc["CidrBlock"], own(vpc))
    for subnet in subnets.values():
        take("subnet", subnet["CidrBlock"], own(subnet))
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        take("gateway", own(gateway), len(gateway["Attachments"]))
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        if group.get("VpcId") in ids and group["GroupName"] != "default":
            rules = sorted((p.get("FromPort"), str(p.get("IpRanges"))) for p in group["IpPermissions"])
            take("group", group["GroupName"], group["Description"], own(group), tuple(rules))
    for table in ec2.describe_route_tables()["RouteTables"]:
        main = any(a.get("Main") for a in table["Associations"])
        if table["VpcId"] in ids and not main:
            used = sorted(subnets[a["SubnetId"]]["CidrBlock"] for a in table["Associations"] if a["SubnetId"] in subnets)
            take("table", own(table), tuple(used))
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for listed in s3.list_objects_v2(Bucket=name).get("Contents", []):
            body = s3.get_object(Bucket=name, Key=listed["Key"])["Body"].read()
            take("object", name, listed["Key"], body)
        take("bucket", name)
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
        shown = [str(iam.get_role_policy(RoleName=name, PolicyName=p)["PolicyDocument"]) for p in policies]
        take("role", name, tuple(sorted(shown)))
    for volume in ec2.describe_volumes()["Volumes"]:
        take("volume", volume["AvailabilityZone"], volume["Size"], own(volume))
    return found


class Case:
    """One stack, as far as the first revision."""

    def __init__(self, moto: Moto):
        moto.reset()
        self.moto = moto
        self.stack = Stack(moto.url)
        self.stack.write("main.tf", revision(0))
        self.stack.commit("The first revision")
        self.stack.run("apply", str(self.stack.repo), "-auto-approve")
        self.stack.write("main.tf", revision(1))
        self.stack.commit("The second revision")

    def command(self) -> list:
        return ["apply", str(self.stack.repo), "-auto-approve", "-settle-time=1s"]

    def kill_after(self, seconds: float) -> bool:
        """Whether it was still running."""
        run = self.stack.start(*self.command())
        time.sleep(seconds)
        running = run.poll() is None
        end(run)
        return running

    def finish(self) -> float:
        began = time.monotonic()
        self.stack.run(*self.command())
        return time.monotonic() - began


def undisturbed(moto: Moto) -> tuple:
    """What is there in the end, and how long it takes."""
    case = Case(moto)
    try:
        first = sum(world(moto).values())
        seconds = case.finish()
        return world(moto), seconds, first
    finally:
        case.stack.remove()


def difference(found: Counter, wanted: Counter) -> dict:
    more, less = found - wanted, wanted - found
    doubled = sum(number for what, number in more.items() if wanted[what])
    return {"lost": sum(less.values()), "doubled": doubled, "orphaned": sum(more.values()) - doubled}


def point(moto: Moto, wanted: Counter, seconds: float, chance: random.Random) -> dict:
    case = Case(moto)
    try:
        running = case.kill_after(chance.uniform(0.02, 1.0) * seconds)
        again = running and chance.random() < AGAIN
        if again:
            again = case.kill_after(chance.uniform(0.02, 1.0) * seconds)
        result = {"killed": running, "again": again, "hand": 0}
        try:
            result["seconds"] = case.finish()
            case.stack.run("plan", str(case.stack.repo), "-detailed-exitcode", check=0)
            case.stack.run("audit", "verify", f"-location={case.stack.repo}")
        except AssertionError as wrong:
            print(wrong, flush=True)
            result["hand"] = 1
        return result | difference(world(moto), wanted)
    finally:
        case.stack.remove()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    moto = Moto()
    try:
        wanted, seconds, first = undisturbed(moto)
        print(f"{first} things in the first revision, {sum(wanted.values())} in the second; the way takes {seconds:.1f} s")
        print(f"killing at {arguments.points} points, --seed {arguments.seed}", flush=True)
        total, recovery = Counter(), []
        for number in range(arguments.points):
            result = point(moto, wanted, seconds, chance)
            recovery.append(result.pop("seconds", 0.0))
            bad = {name: value for name, value in result.items() if value and name not in ("killed", "again")}
            if bad:
                print(f"point {number}: {bad}", flush=True)
            total.update({name: int(value) for name, value in result.items()})
    finally:
        moto.stop()
    print(
        f"{total['killed']} killed while running, {total['again']} of them twice: lost {total['lost']}, doubled "
        f"{total['doubled']}, orphaned {total['orphaned']}, steps by hand {total['hand']}; the command after it took "
        f"{statistics.median(recovery):.1f} s (longest {max(recovery):.1f} s)"
    )
    if not total["killed"]:
        print("no kill came in time: this proves nothing")
        return 1
    return 1 if any(total[name] for name in ("lost", "doubled", "orphaned", "hand")) else 0


if __name__ == "__main__":
    sys.exit(main())
