#!/usr/bin/env python3
"""Both command lines on the same configurations in the same run: 2,000 objects that have nothing to do
with each other, and 1,000 that each refer to one element of another 1,000; planned, applied and planned
again. Then what only Evenkeel can reach: how planning again grows with the number of objects, and how
soon a small plan says its first word. Prints figures and judges none of them.

usage: beside.py [--bin EVENKEEL] [--objects N] [--largest N] [--times N] [--no-terraform]

Every command is a process of its own and writes to a file. A time is the shortest of --times runs for
plans that change nothing (Terraform runs once), wall clock, with the processor time of the process
behind it. The store is on disk and every step of an apply is written with fsync."""

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def independent(n):
    return f'resource "terraform_data" "a" {{\n  count = {n}\n  input = count.index\n}}\n'


def crossed(n):
    half = n // 2
    return f"""resource "terraform_data" "a" {{
  count = {half}
  input = count.index
}}
resource "terraform_data" "b" {{
  count = {half}
  input = terraform_data.a[count.index].output
}}
"""


def each(n):
    """Half as many again that each refer to one element by key."""
    keys = f'toset([for i in flatten([for i in range({math.ceil(n / 200)}) : [for j in range(100) : i * 100 + j]]) : "k${{i}}"])'
    return f"""locals {{ keys = {keys} }}
resource "terraform_data" "a" {{
  for_each = local.keys
  input    = each.key
}}
resource "terraform_data" "b" {{
  for_each = local.keys
  input    = terraform_data.a[each.key].output
}}
"""


def layers(n):
    """Ten resources, each instance made from the one before it."""
    text = [f'resource "terraform_data" "r0" {{\n  count = {n // 10}\n  input = count.index\n}}\n']
    text += [
        f'resource "terraform_data" "r{i}" {{\n  count = {n // 10}\n  input = terraform_data.r{i - 1}[count.index].id\n}}\n'
        for i in range(1, 10)
    ]
    return "".join(text)


class Run:
    """What one process took."""

    def __init__(self, command, directory, wanted=(0,)):
        environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}
        with open(directory / "output.txt", "wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
            self.wall = time.monotonic() - began
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory_mb = usage.ru_maxrss / 1024
        code = os.waitstatus_to_exitcode(status)
        if code not in wanted:
            last = (directory / "output.txt").read_text(errors="replace").strip().splitlines()[-6:]
            raise SystemExit(f"{' '.join(command)} ended with {code}:\n" + "\n".join(last))


class Tool:
    def __init__(self, binary, text):
        self.binary = binary
        self.directory = Path(tempfile.mkdtemp(prefix="beside-"))
        (self.directory / "main.tf").write_text(text)
        self.run("init", "-input=false")

    def run(self, *arguments):
        return Run([self.binary, *arguments], self.directory)

    def phases(self, times):
        plan = self.run("plan", "-input=false", "-out=tfplan")
        apply = self.run("apply", "-input=false", "tfplan")
        (self.directory / "tfplan").unlink()
        again = min((self.run("plan", "-input=false") for _ in range(times)), key=lambda run: run.wall)
        stream = min((self.run("plan", "-input=false", "-json") for _ in range(times)), key=lambda run: run.wall)
        return {"plan -out": plan, "apply of it": apply, "plan again": again, "plan again -json": stream}

    def remove(self):
        shutil.rmtree(self.directory)


def side_by_side(binary, title, text, arguments):
    print(f"\n{title}")
    print(f"{'':>18}{'Evenkeel':>12}{'processor':>12}{'Terraform':>12}{'processor':>12}{'ratio':>9}")
    found = {}
    for name, tool, times in [("evenkeel", binary, arguments.times), ("terraform", "terraform", 1)]:
        if tool == "terraform" and (arguments.no_terraform or not shutil.which("terraform")):
            continue
        stack = Tool(tool, text)
        try:
            found[name] = stack.phases(times)
        finally:
            stack.remove()
    for phase, own in found["evenkeel"].items():
        line = f"{phase:>18}{own.wall:>11.3f}s{own.cpu:>11.3f}s"
        if "terraform" in found:
            other = found["terraform"][phase]
            line += f"{other.wall:>11.2f}s{other.cpu:>11.2f}s{other.wall / own.wall:>8.0f}x"
        print(line, flush=True)


def growth(binary, arguments):
    print("\nPlanning again with nothing to do, the whole command line")
    print(f"{'':>14}{'objects':>10}{'plan again':>12}{'processor':>12}{'peak MB':>10}{'first apply':>13}{'exponent':>10}")
    for name, make in [("count", independent), ("count, crossed", crossed), ("for_each", each), ("layers", layers)]:
        before = None
        for size in [10_000, 100_000, 1_000_000]:
            if size > arguments.largest or (size > 100_000 and name not in ("count", "for_each")):
                continue
            stack = Tool(binary, make(size))
            try:
                apply = stack.run("apply", "-auto-approve", "-input=false")
                times = arguments.times if size <= 100_000 else 1
                again = min((stack.run("plan", "-input=false") for _ in range(times)), key=lambda run: run.wall)
            finally:
                stack.remove()
            exponent = f"{math.log10(again.cpu / before):>10.2f}" if before else ""
            before = again.cpu
            print(
                f"{name:>14}{size:>10}{again.wall:>11.2f}s{again.cpu:>11.2f}s{again.memory_mb:>10.0f}{apply.wall:>12.1f}s{exponent}",
                flush=True,
            )


def first_word(binary):
    """How long after its start a process has written its first byte, in milliseconds: the best of ten, the worst, and
    the best time to its end."""
    stack = Tool(binary, "".join(f'resource "terraform_data" "r{i}" {{\n  input = {i}\n}}\n' for i in range(10)))
    try:
        stack.run("apply", "-auto-approve", "-input=false")
        times, ends = [], []
        for _ in range(10):
            began = time.monotonic()
            process = subprocess.Popen([binary, "plan", "-input=false"], cwd=stack.directory, stdout=subprocess.PIPE)
            os.read(process.stdout.fileno(), 1)
            times.append(time.monotonic() - began)
            process.stdout.read()
            process.wait()
            ends.append(time.monotonic() - began)
    finally:
        stack.remove()
    return min(times) * 1000, max(times) * 1000, min(ends) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--bin", default=str(target / "release" / "evenkeel"))
    parser.add_argument("--objects", type=int, default=2_000)
    parser.add_argument("--largest", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--no-terraform", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which("terraform"):
        print("terraform is not on the PATH: its figures are left out")
    word, late, end = first_word(arguments.bin)
    print(f"plan of 10 objects, nothing to do: first output after {word:.1f} ms (at the latest of ten times {late:.1f} ms, to "
          f"be 50), ended after {end:.1f} ms")
    side_by_side(arguments.bin, f"{arguments.objects} objects, independent", independent(arguments.objects), arguments)
    side_by_side(arguments.bin, f"{arguments.objects} objects, half of them each refer to one of the others", crossed(arguments.objects), arguments)
    growth(arguments.bin, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
