#!/usr/bin/env python3
"""Runs the built binary under the conformance runners and holds what it reached.

usage: tests/conformance/run.py [BINARY]      (default: target/debug/evenkeel)

The runners and their data, recorded from Terraform 1.11.4, lie beside the repository in
../shared/conformance; where they are not, this says so and skips. A case that is listed here and passes
is as wrong as one that is not listed and fails: the lists only shrink.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "conformance"
# Cases of our own in the same form; `run_plans.py --bin terraform --plans tests/conformance/plans record`
# asks Terraform again.
OWN = ROOT / "tests" / "conformance" / "plans"

# Why a case is here stands in docs/compatibility.md, or in the comment above it.
EXPRESSIONS = set(
    # The recorded value went through a float64; Terraform prints these digits, too.
    "e0077 e0079 "
    # `newer`: && and || are answered as later versions do.
    "e0176 e0179 e0181 e0781 e0783".split()
)
FUNCTIONS = set(
    # `quirk`: crashes of 1.11.4 that it recovers from.
    "f0704 f0755 f0762 f1509".split()
)
PLANS = set()


def main() -> int:
    if not DATA.is_dir():
        print("conformance: skipped, as ../shared/conformance is not there")
        return 0
    binary = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "debug" / "evenkeel").resolve()
    wrong = expressions(binary, "expressions.json", EXPRESSIONS)
    wrong += expressions(binary, "functions.json", FUNCTIONS)
    wrong += conversions(binary)
    wrong += plans(binary, DATA / "plans", PLANS)
    wrong += plans(binary, OWN, set())
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong else 0


def run(script: str, *arguments: str) -> subprocess.CompletedProcess:
    environment = dict(os.environ, EVENKEEL_ALLOW_LOCAL_EXEC="1")
    command = [sys.executable, str(DATA / script), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def expressions(binary: pathlib.Path, name: str, known: set) -> list:
    done = run("eval_cases.py", "--bin", str(binary), "--check", str(DATA / name))
    summary = re.search(r"(\d+) checked, (\d+) differ", done.stdout)
    if not summary:
        return [f"{name}: the runner failed: {done.stderr[-2000:]}"]
    print(summary.group(0), f"({name})")
    # The runner prints forty at most: more are too many anyway.
    return compared(name, set(re.findall(r"^FAIL (\S+)", done.stdout, re.M)), known)


def conversions(binary: pathlib.Path) -> list:
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "types.json"
        done = run("eval_types.py", "--bin", str(binary), "--out", str(out))
        if done.returncode != 0:
            return [f"eval_types.py failed: {done.stderr[-2000:]}"]
        found = {key(case): answer(case) for case in json.loads(out.read_text())["cases"]}
    expected = json.loads((DATA / "type_conversions.json").read_text())["cases"]
    wrong = [key(case) for case in expected if found.get(key(case)) != answer(case)]
    print(f"{len(expected)} checked, {len(wrong)} differ (type_conversions.json)")
    return [f"type_conversions.json: {constraint} <- {value}" for constraint, value in wrong]


def key(case: dict) -> tuple:
    return case["type_constraint"], case["value_expr"]


def answer(case: dict):
    return "error" if "error" in case else (json.dumps(case.get("value")), json.dumps(case.get("type")))


def plans(binary: pathlib.Path, cases: pathlib.Path, known: set) -> list:
    done = run("run_plans.py", "--bin", str(binary), "--plans", str(cases), "check")
    summary = re.search(r"check: \d+ ok, \d+ failed, \d+ skipped", done.stdout)
    if not summary:
        return [f"run_plans.py failed: {done.stderr[-2000:]}"]
    print(summary.group(0), f"({cases.parent.name}/{cases.name})")
    return compared("plans", set(re.findall(r"^FAIL ([^\s:]+)", done.stdout, re.M)), known)


def compared(name: str, failed: set, known: set) -> list:
    wrong = [f"{name}: {case} fails" for case in sorted(failed - known)]
    return wrong + [f"{name}: {case} passes now: take it off the list" for case in sorted(known - failed)]


if __name__ == "__main__":
    sys.exit(main())
