#!/usr/bin/env python3
"""How time and memory of evaluation and planning grow with the size of a configuration, beside
Terraform on the same configuration in the same run. Prints figures and judges none of them.

usage: scale.py [CASE...] [--terraform-seconds N] [--largest N]

Each case is measured at growing sizes, each in a process of its own. The growth exponent is that of
time over size between the two largest sizes; 1 is linear. Terraform is measured as long as one of its
plans takes no more than the given seconds, and not at all where it is not on the PATH."""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def numbers(n):
    """An expression for a list of n numbers: range() alone stops at 1,024."""
    return f"flatten([for i in range({math.ceil(n / 100)}) : [for j in range(100) : i * 100 + j]])"


def count_refs(n):
    return {"main.tf": f"""
resource "terraform_data" "a" {{
  count = {n}
  input = count.index
}}
resource "terraform_data" "b" {{
  count = {n}
  input = terraform_data.a[count.index].output
}}
"""}


def each_refs(n):
    return {"main.tf": f"""
locals {{ keys = toset([for i in {numbers(n)} : "k${{i}}"]) }}
resource "terraform_data" "a" {{
  for_each = local.keys
  input    = each.key
}}
resource "terraform_data" "b" {{
  for_each = local.keys
  input    = terraform_data.a[each.key].output
}}
"""}


def map_refs(n):
    return {"main.tf": f"""
locals {{
  list = {numbers(n)}
  map  = {{ for i in local.list : "k${{i}}" => {{ value = i, tags = {{ name = "n${{i}}" }} }} }}
}}
resource "terraform_data" "a" {{
  for_each = local.map
  input    = local.map[each.key].tags.name
}}
resource "terraform_data" "b" {{
  count = {n}
  input = local.list[count.index]
}}
"""}


def lookups(n):
    return {"main.tf": f"""
locals {{
  list = {numbers(n)}
  map  = tomap({{ for i in local.list : "k${{i}}" => "v${{i}}" }})
}}
resource "terraform_data" "a" {{
  for_each = local.map
  input    = "${{lookup(local.map, each.key, "")}} of ${{length(local.list)}}"
}}
resource "terraform_data" "b" {{
  count = {n}
  input = element(local.list, count.index + 1)
}}
"""}


def chain(n):
    lines = ["locals {", "  l0 = 1"]
    lines += [f"  l{i} = local.l{i - 1} + 1" for i in range(1, n)]
    return {"main.tf": "\n".join([*lines, "}", f'output "last" {{ value = local.l{n - 1} }}', ""])}


def for_expression(n):
    return {"main.tf": f"""
locals {{
  numbers = {numbers(n)}
  objects = [for i in local.numbers : {{ name = "n${{i}}", even = i % 2 == 0 }}]
  byname  = {{ for o in local.objects : o.name => o if o.even }}
}}
output "length" {{ value = length(local.byname) }}
"""}


def modules(n):
    return {
        "main.tf": f"""
module "m" {{
  source   = "./child"
  for_each = toset([for i in {numbers(n)} : "k${{i}}"])
  name     = each.key
}}
resource "terraform_data" "r" {{
  for_each = toset([for i in {numbers(n)} : "k${{i}}"])
  input    = module.m[each.key].name
}}
""",
        "child/main.tf": """
variable "name" { type = string }
resource "terraform_data" "c" { input = var.name }
output "name" { value = terraform_data.c.output }
""",
    }


def blocks(n):
    """n blocks; every tenth refers to the tenth before it."""
    text = []
    for i in range(n):
        what = f"terraform_data.r{i - 10}.output" if i % 10 == 0 and i else i
        text.append(f'resource "terraform_data" "r{i}" {{\n  input = {what}\n}}\n')
    return {"main.tf": "".join(text)}


def megabytes(n):
    """About n * 10 kB of text."""
    block = """
resource "terraform_data" "r{i}" {{
  input = {{
    name    = "name-{i}"
    enabled = var.size > {i} ? true : false
    ports   = [for port in [80, 443, 8080] : port + {i}]
    text    = "this is number ${{var.size + {i}}} of ${{length(local.names)}} things"
    tags    = merge(local.tags, {{ "Index" = "{i}" }})
  }}
  lifecycle {{
    ignore_changes = [input]
  }}
}}
"""
    files = {"main.tf": """
variable "size" { default = 5 }
locals {
  names = ["a", "b"]
  tags  = { Owner = "team" }
}
"""}
    each = 10_000 // len(block)
    for number in range(n // 10):
        files[f"part{number}.tf"] = "".join(block.format(i=number * each * 10 + i) for i in range(each * 10))
    return files


# Case: how to make it, the sizes, what is done with it.
CASES = {
    "count references": (count_refs, [1_000, 10_000, 100_000], ["plan", "apply", "replan"]),
    "for_each references": (each_refs, [1_000, 10_000, 100_000], ["plan", "apply", "replan"]),
    "map and list elements": (map_refs, [1_000, 10_000, 100_000], ["plan", "apply", "replan"]),
    "lookup, length, element": (lookups, [1_000, 10_000], ["plan"]),
    "chain of locals": (chain, [1_000, 10_000, 100_000], ["plan"]),
    "for over a list": (for_expression, [1_000, 10_000, 100_000], ["plan"]),
    "module with for_each": (modules, [100, 1_000, 10_000], ["plan", "apply", "replan"]),
    "resource blocks": (blocks, [1_000, 10_000], ["plan", "apply", "replan"]),
    "text in 10 kB": (megabytes, [100, 1_000], []),
}


def write(directory, files):
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def measure(binary, directory, phases):
    result = subprocess.run([binary, directory, *phases], capture_output=True, text=True)
    if result.returncode != 0:
        return {"failed": (result.stderr.strip().splitlines() or ["no word"])[-1]}
    return json.loads(result.stdout)


def terraform(directory, phases):
    """The seconds of a validation or plan by Terraform."""
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}
    run = lambda *arguments: subprocess.run(  # noqa: E731
        ["terraform", *arguments], cwd=directory, env=environment, capture_output=True, text=True
    )
    run("init", "-input=false")
    began = time.monotonic()
    result = run("plan", "-input=false") if phases else run("validate")
    return time.monotonic() - began if result.returncode == 0 else None


def exponent(rows, phase):
    timed = [(size, row[phase]) for size, row in rows if row.get(phase)]
    if len(timed) < 2:
        return None
    (small, fast), (large, slow) = timed[-2:]
    return math.log(slow / fast) / math.log(large / small)


def case(binary, name, arguments):
    make, sizes, phases = CASES[name]
    print(f"\n{name}")
    shown = ["load", *phases]
    print("      size" + "".join(f"{phase:>10}" for phase in shown) + "   peak MB   terraform" + (" plan" if phases else " validate"))
    rows, patient = [], shutil.which("terraform") is not None and not arguments.no_terraform
    for size in (size for size in sizes if size <= arguments.largest):
        directory = Path(tempfile.mkdtemp(prefix="scale-"))
        try:
            write(directory, make(size))
            row = measure(binary, directory, phases)
            if "failed" in row:
                print(f"{size:>10}  failed: {row['failed']}")
                continue
            rows.append((size, row))
            theirs = terraform(directory, phases) if patient else None
            patient = theirs is not None and theirs * 10 <= arguments.terraform_seconds
        finally:
            shutil.rmtree(directory)
        times = "".join(f"{row[phase]:>9.3f}s" for phase in shown)
        print(f"{size:>10}{times}{row['peak_mb']:>10}   " + (f"{theirs:.2f}s" if theirs else "not measured"), flush=True)
    growth = [exponent(rows, phase) for phase in shown]
    print("  exponent" + "".join(f"{g:>10.2f}" if g is not None else " " * 10 for g in growth))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--terraform-seconds", type=float, default=60)
    parser.add_argument("--no-terraform", action="store_true")
    parser.add_argument("--largest", type=int, default=10**9)
    arguments = parser.parse_args()
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet", "-p", "evenkeel-plan", "--example", "scale"],
        cwd=ROOT, check=True,
    )
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    if shutil.which("terraform") is None:
        print("terraform is not on the PATH: its figures are left out")
    for name in arguments.cases or CASES:
        case(target / "release" / "examples" / "scale", name, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
