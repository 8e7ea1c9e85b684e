#!/usr/bin/env python3
"""The main job on a real API, in a minute: a Git revision becomes a cloud, is tampered with, is put
right, changes with a commit, goes back with `git revert`, and is destroyed. Everything that the
screen says is checked against the API; the first thing that is not so ends the demo with exit code 1.
Nothing is left running, and nothing outside a temporary folder is touched."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import ROOT, Inventory, Moto, Stack, tags  # noqa: E402

BOLD, GREEN, RED, DIM, RESET = ("\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m")
if not sys.stdout.isatty():
    BOLD = GREEN = RED = DIM = RESET = ""

EXPECTED = {
    "vpcs": 1, "subnets": 2, "gateways": 1, "route_tables": 1, "groups": 1, "rules": 3,
    "instances": 2, "buckets": 1, "objects": 1,
}


class Wrong(Exception):
    """A claim that is not so."""


def check(claim: str, holds: bool, found=None):
    if not holds:
        raise Wrong(f"{claim}{'' if found is None else f': {found}'}")
    print(f"   {GREEN}checked{RESET} {claim}")


def chapter(number: int, title: str):
    print(f"\n{BOLD}{number}. {title}{RESET}")


def evenkeel(stack: Stack, *arguments: str, code: int = 0, show: int = 12):
    """Runs a command, shows the end of what it prints, and how long it took."""
    shown = " ".join("REPO" if a == str(stack.repo) else a for a in arguments)
    print(f"{BOLD}$ evenkeel {shown}{RESET}")
    began = time.monotonic()
    done = stack.run(*arguments, check=None)
    took = time.monotonic() - began
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if len(lines) > show:
        print(f"   {DIM}... {len(lines) - show} lines{RESET}")
    for line in lines[-show:]:
        print(f"   {DIM}{line}{RESET}")
    for line in done.stderr.splitlines():
        print(f"   {RED}{line}{RESET}")
    print(f"   {took:.2f} s")
    if done.returncode != code:
        raise Wrong(f"evenkeel {shown} ended with exit code {done.returncode} instead of {code}")
    return done.stdout


def story(moto: Moto, stack: Stack):
    repo, at_main = str(stack.repo), ("--revision", "main")
    ec2 = moto.client("ec2")

    chapter(1, "Plan from a Git revision: no work tree is read, nothing exists yet")
    out = evenkeel(stack, "plan", repo, *at_main, show=6)
    check("the plan only adds", "0 to change, 0 to destroy" in out)
    check("planning changed nothing", Inventory(moto).total() == 0)

    chapter(2, "Apply it")
    evenkeel(stack, "apply", repo, *at_main, "-auto-approve", show=14)
    after = Inventory(moto)
    check("the API has exactly what the revision declares", after.counts() == EXPECTED, after.counts())
    before_tampering = set(after.instances)

    chapter(3, "A second plan has nothing to do")
    out = evenkeel(stack, "plan", repo, *at_main, "-detailed-exitcode", show=3)
    check("no changes", "No changes" in out)

    chapter(4, "Somebody tampers: a rule is removed, a tag changed, an instance terminated")
    rule = next(r for r in after.rules.values() if not r["IsEgress"])
    ec2.revoke_security_group_ingress(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    vpc = next(iter(after.vpcs))
    name = tags(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0])["Name"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "tampered"}])
    victim = sorted(after.instances)[0]
    ec2.terminate_instances(InstanceIds=[victim])
    tampered = Inventory(moto)
    check("the API shows the damage", len(tampered.rules) == 2 and victim not in tampered.instances)

    chapter(5, "Drift is detected and explained")
    evenkeel(stack, "drift", repo, *at_main, "-detailed-exitcode", code=2, show=40)
    found = json.loads(stack.run("drift", repo, *at_main, "-json").stdout)
    drifted = {d["addr"] for d in found["objects"]}
    check("three objects drifted, and are named", len(drifted) == 3, sorted(drifted))
    check("drift is not mistaken for a change of configuration", found["pending_configuration_changes"] == 0, found)

    chapter(6, "Reconcile puts it right")
    evenkeel(stack, "reconcile", repo, *at_main, "--once", show=16)
    healed = Inventory(moto)
    check("everything is back", healed.counts() == EXPECTED, healed.counts())
    now = tags(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0])["Name"]
    check("the tag is what the revision says", now == name, now)
    check("the other instance was left alone", len(set(healed.instances) & before_tampering) == 1)
    check("and a plan has nothing to do", evenkeel_quiet(stack, repo) == 0)

    chapter(7, "A commit changes something")
    variables = stack.repo / "variables.tf"
    text = variables.read_text()
    changed = text.replace("https = 443", "https = 443\n    admin = 8443")
    if changed == text:
        raise Wrong("examples/quickstart/variables.tf has no https port to put another one beside")
    variables.write_text(changed)
    stack.commit("Open the admin port")
    evenkeel(stack, "reconcile", repo, *at_main, "--once", show=10)
    opened = Inventory(moto)
    ports = {r.get("FromPort") for r in opened.rules.values()}
    check("the new rule is there, nothing else changed", 8443 in ports and len(opened.rules) == 4, ports)
    check("the instances are the same ones", set(opened.instances) == set(healed.instances))

    chapter(8, "git revert rolls it back")
    stack.git("revert", "--no-edit", "HEAD")
    evenkeel(stack, "reconcile", repo, *at_main, "--once", show=8)
    reverted = Inventory(moto)
    check("the rule is gone, everything else is there", reverted.counts() == EXPECTED, reverted.counts())
    evenkeel(stack, "history", "--location", repo, show=10)

    chapter(9, "Destroy")
    evenkeel(stack, "destroy", repo, *at_main, "-auto-approve", show=6)
    left = Inventory(moto)
    check("nothing is left", left.total() == 0, left.counts())


def evenkeel_quiet(stack: Stack, repo: str) -> int:
    return stack.run("plan", repo, "--revision", "main", "-detailed-exitcode", check=None).returncode


def main() -> int:
    began = time.monotonic()
    print("Starting a moto server (a stand-in for the AWS API) on a free loopback port ...")
    moto = Moto()
    stack = Stack(moto.url, ROOT / "examples" / "quickstart")
    try:
        story(moto, stack)
    except Wrong as wrong:
        print(f"\n{RED}{BOLD}not so:{RESET} {wrong}")
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted")
        return 130
    finally:
        moto.stop()
        stack.remove()
    print(f"\n{GREEN}{BOLD}Every claim was checked against the API.{RESET} {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
