#!/usr/bin/env python3
"""Proves the layering that docs/architecture.md states: which crate may depend on which, and that
the pure crates reach no runtime, no database, no network and no Git."""

import json
import subprocess
import sys

# What each crate may depend on directly (normal dependencies on other crates of the workspace).
ALLOWED = {
    "model": set(),
    "age": set(),
    "lang": {"model"},
    "provider": {"model"},
    "state": {"model"},
    "plan": {"model", "lang", "provider", "state"},
    "apply": {"model", "lang", "provider", "state", "plan"},
    "reconcile": {"model", "provider", "state", "plan"},
    "sim": {"model", "lang", "provider", "state", "plan", "apply", "reconcile"},
    "source": {"model", "lang"},
    "store": {"model", "state"},
    "provider-aws-core": {"model", "provider"},
    "provider-aws-account": {"model", "provider", "provider-aws-core"},
    "provider-aws-database": {"model", "provider", "provider-aws-core"},
    "provider-aws-ec2": {"model", "provider", "provider-aws-core"},
    "provider-aws-s3": {"model", "provider", "provider-aws-core"},
    "provider-builtin": {"model", "provider"},
    "aws-server": set(),
    "provider-aws": {
        "model", "provider", "provider-aws-core", "provider-aws-account", "provider-aws-database",
        "provider-aws-ec2", "provider-aws-s3",
    },
    "provider-utility": {"age", "model", "provider"},
    "cli": {
        "age", "model", "lang", "provider", "state", "plan", "apply", "reconcile", "source", "store",
        "provider-aws", "provider-builtin", "provider-utility",
    },
}
PURE = {"age", "model", "lang", "provider", "state", "plan", "apply", "reconcile"}
# Crates that act; none may be reachable from a pure crate.
ACTING = {"tokio", "rusqlite", "gix", "hyper", "reqwest", "async-std", "smol", "aws-config", "mio", "socket2"}
# Crates that cost much to compile, each isolated behind one crate of ours.
ISOLATED = {
    "age": {"evenkeel-age"},
    "aws-sdk-cloudwatchlogs": {"evenkeel-provider-aws-account"},
    "aws-sdk-ec2": {"evenkeel-provider-aws-ec2"},
    "aws-sdk-elasticache": {"evenkeel-provider-aws-database"},
    "aws-sdk-iam": {"evenkeel-provider-aws-account"},
    "aws-sdk-kms": {"evenkeel-provider-aws-account"},
    "aws-sdk-rds": {"evenkeel-provider-aws-database"},
    "aws-sdk-redshift": {"evenkeel-provider-aws-database"},
    "aws-sdk-s3": {"evenkeel-provider-aws-s3"},
    "aws-sdk-s3control": {"evenkeel-provider-aws-s3"},
    "aws-sdk-ssm": {"evenkeel-provider-aws-account"},
    "aws-sdk-sts": {"evenkeel-provider-aws-core"},
}
PREFIX = "evenkeel-"


def main() -> int:
    text = subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"], text=True)
    metadata = json.loads(text)
    names = {package["id"]: package["name"] for package in metadata["packages"]}
    edges = {
        node["id"]: [
            dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])
        ]
        for node in metadata["resolve"]["nodes"]
    }
    members = {id: names[id] for id in metadata["workspace_members"]}
    wrong = []
    for id, name in sorted(members.items(), key=lambda item: item[1]):
        short = name.removeprefix(PREFIX)
        if short not in ALLOWED:
            wrong.append(f"{name} is not listed in tests/layers.py: say what it may depend on")
            continue
        direct = {names[dep].removeprefix(PREFIX) for dep in edges[id] if dep in members}
        for other in sorted(direct - ALLOWED[short]):
            wrong.append(f"{name} must not depend on {PREFIX}{other}")
        if short in PURE:
            for other in sorted(reachable(id, edges, names) & ACTING):
                wrong.append(f"{name} is pure but reaches {other}")
        for sdk, owners in ISOLATED.items():
            if sdk in {names[dep] for dep in edges[id]} and name not in owners:
                wrong.append(f"{name} names {sdk}, which only {', '.join(sorted(owners))} may")
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    if not wrong:
        print(f"{len(members)} crates, {len(PURE)} of them pure: as docs/architecture.md says")
    return 1 if wrong else 0


def reachable(start: str, edges: dict, names: dict) -> set:
    seen, open_ = set(), [start]
    while open_:
        for dep in edges[open_.pop()]:
            if dep not in seen:
                seen.add(dep)
                open_.append(dep)
    return {names[id] for id in seen}


if __name__ == "__main__":
    sys.exit(main())
