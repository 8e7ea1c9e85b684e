#!/usr/bin/env python3
"""Public modules, unchanged: their own examples with the built binary against moto.

    .venv/bin/python tests/modules/run.py BINARY MODULES_DIR [MODULE/EXAMPLE...] [--plan-only] [--localstack]

Which examples, and where the modules come from: README.md beside this file."""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "providers")]

from suite import cloud  # noqa: E402
from support.localstack import LocalStack  # noqa: E402
from support.world import Moto, Stack  # noqa: E402

REGIONS = ("eu-west-1", "us-east-1")
# `calls` and `read` are those of the second plan, which looks at everything there is.
COLUMNS = {"objects": 8, "plan": 8, "apply": 9, "re-plan": 9, "calls": 7, "read": 8, "destroy": 9, "left": 6}


def main() -> int:
    arguments = parse()
    if not arguments.modules.is_dir():
        print(f"skipped: public modules; there is no directory {arguments.modules}")
        return 0
    os.environ["EVENKEEL_BIN"] = str(arguments.binary.resolve())
    emulator = LocalStack() if arguments.localstack else Moto()
    try:
        print(f"{'example':32}" + "".join(f"{name:>{width}}" for name, width in COLUMNS.items()), flush=True)
        return 1 if sum([not ran(arguments, emulator, name) for name in wanted(arguments.examples)]) else 0
    finally:
        emulator.stop()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=Path, help="the evenkeel binary")
    parser.add_argument("modules", type=Path, help="a directory with a checkout of each module")
    parser.add_argument("examples", nargs="*", help="which, as MODULE/EXAMPLE [default: those of examples.txt]")
    parser.add_argument("--localstack", action="store_true", help="run against LocalStack instead of moto")
    parser.add_argument("--settings", type=Path, help="where modules of registries come from: a modules.hcl")
    parser.add_argument("--plan-only", action="store_true", help="plan and change nothing")
    return parser.parse_intermixed_args()


def wanted(examples: list) -> list:
    lines = (HERE / "examples.txt").read_text().splitlines()
    return examples or [line for line in lines if line and not line.startswith("#")]


def ran(arguments: argparse.Namespace, emulator, name: str) -> bool:
    """Runs one example, prints its row, and says whether all went well."""
    module, example = name.split("/", 1)
    folder = arguments.modules / module
    if not (folder / "examples" / example).is_dir():
        print(f"{name:32} skipped: there is no {folder}/examples/{example}")
        return True
    run = Run(arguments, emulator, folder, example)
    try:
        run.plan_only() if arguments.plan_only else run.all()
    finally:
        run.stack.remove()
    print(run.row(name), flush=True)
    for problem in run.problems:
        print(f"    {problem}", flush=True)
    return not run.problems


class Run:
    """One example from plan to destroy, on a repository of its own."""

    def __init__(self, arguments: argparse.Namespace, emulator, module: Path, example: str):
        self.emulator = emulator
        self.stack = Stack(emulator.url, module)
        if arguments.settings:
            self.stack.env["EVENKEEL_MODULES"] = str(arguments.settings.resolve())
        self.where = str(self.stack.repo / "examples" / example)
        self.cells, self.problems = {}, []

    def plan_only(self):
        self.stack.run("init", self.where)
        self.cells["objects"] = self.timed("plan", "plan", self.where)["add"]

    def all(self):
        before = self.listing()
        self.plan_only()
        if not self.problems:
            self.applied()
            self.destroyed()
        left = self.listing() - before
        self.cells["left"] = len(left)
        self.problems += [f"left: {name}" for name in sorted(left)]

    def applied(self):
        done = self.timed("apply", "apply", self.where, "-auto-approve")
        self.cells["objects"] = done["add"]
        again = self.timed("read", "plan", self.where, "-detailed-exitcode", allowed=(0, 2))
        self.cells["calls"] = again["calls"]
        self.cells["re-plan"] = "changes" if again["code"] else "empty"
        self.problems += [f"not empty: {change}" for change in again["changes"]]

    def destroyed(self):
        self.timed("destroy", "destroy", self.where, "-auto-approve")
        state = self.stack.run("state", "list").stdout.split()
        self.problems += [f"still there: {address}" for address in state if not re.search(r"(^|\.)data\.", address)]

    def timed(self, cell: str, *arguments: str, allowed=(0,)) -> dict:
        started = time.monotonic()
        try:
            return self.evenkeel(*arguments, allowed=allowed)
        finally:
            self.cells[cell] = f"{time.monotonic() - started:.1f}s"

    def evenkeel(self, *arguments: str, allowed=(0,)) -> dict:
        """What a command says in its lines for machines."""
        done = self.stack.run(*arguments, "-json", check=None, timeout=1800)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode not in allowed:
            self.problems += errors(lines) or [f"{arguments[0]}: exit code {done.returncode}: {done.stderr}"]
        summary = next((line["changes"] for line in reversed(lines) if line.get("type") == "change_summary"), {})
        calls = next((line["calls"] for line in lines if line.get("type") == "api_calls"), {})
        changes = [line["@message"] for line in lines if line.get("type") == "planned_change"]
        numbers = {name: summary.get(name, 0) for name in ("add", "change", "remove")}
        return {"code": done.returncode, "calls": sum(calls.values()), "changes": changes} | numbers

    def listing(self) -> set:
        """What is there, in the regions that the examples use."""
        found = set()
        for region in REGIONS:
            clients = lambda service, region=region: self.emulator.client(service, region)  # noqa: E731
            found |= {f"{region} {name}" for name in cloud.listing(clients, self.emulator.lacks)}
        return found

    def row(self, name: str) -> str:
        return f"{name:32}" + "".join(f"{self.cells.get(cell, '-'):>{width}}" for cell, width in COLUMNS.items())


def errors(lines: list) -> list:
    """The errors of a run, each once."""
    found = {}
    for line in lines:
        told = line.get("diagnostic")
        if told and told["severity"] == "error":
            place = told.get("range") or {}
            where = f" ({place['filename']}:{place['start']['line']})" if place else ""
            address = f"{told['address']}: " if told.get("address") else ""
            found[f"error: {address}{told['summary']}: {told['detail']}{where}"] = None
    return list(found)


if __name__ == "__main__":
    sys.exit(main())
