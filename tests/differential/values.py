#!/usr/bin/env python3
"""Compares how random values look in plans and in `show` with how Terraform shows them.

usage: values.py BINARY [--seed N] [--count N]

Values are drawn from the seed, each the input of a resource, every fifth an output as well; then parts of them are
changed. Both programs plan, apply, plan again, show and plan to destroy, each in a directory of its own, and what
they print about each object is compared line by line. Without a `terraform` on the PATH it says so and does
nothing. What differs on purpose (docs/compatibility.md) is taken out: reasons of changes, objects that are only
counted, and an empty text that becomes another one during apply.
"""

import argparse
import difflib
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from words import ID, TIME

TEXTS = ["a", "b", "c", "one\\ntwo", "one\\nthree\\n", "x\\n", "", '{\\"k\\":1}', "[1,2]", "[1,3,2]",
         '{\\"k\\":2,\\"z\\":[1]}', "  ", "tab\\t", "ü"]
NAMES = ["a", "b", "c", "name", "id", '"odd key"', "tags"]
# A number, a truth value or a text of one letter that may become another one.
ATOM = re.compile(r'(?<![\w"\\])(\d+|true|false)(?![\w"])|"[abc]"')
START = re.compile(r"  # (terraform_data\.r\d+) |# (terraform_data\.r\d+):|Changes to Outputs:|Outputs:")
END = re.compile("Plan:|───|Saved|Note:|  # \\(\\d+ unchanged object")
# What stands before everything that is about an object.
BEFORE = ""
PURPOSE = [re.compile(pattern) for pattern in (r" *# why: ", r' +~ output += ("") -> \(known after apply\)',
                                               r" +~ output += null -> \(known after apply\)")]


class Values:
    """Draws values in the Terraform language."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, few=len(TEXTS)):
        return f'"{self.random.choice(TEXTS[:few])}"'

    def several(self, most, draw):
        return ", ".join(draw() for _ in range(self.random.randrange(most)))

    def value(self, depth=3):
        kind = self.random.randrange(9 if depth else 5)
        if kind < 2:
            return self.text()
        if kind == 2:
            return str(self.random.choice([1, 2, 3, 1.5, -4]))
        if kind == 3:
            return self.random.choice(["true", "false"])
        if kind == 4:
            return self.random.choice(["null", self.text()])
        if kind == 5:
            return f"[{self.several(5, lambda: self.value(depth - 1))}]"
        if kind == 6:
            names = self.random.sample(NAMES, self.random.randrange(5))
            return "{" + ", ".join(f"{name} = {self.value(depth - 1)}" for name in names) + "}"
        if kind == 7:
            return f"tolist([{self.several(5, lambda: self.text(6))}])"
        return f"toset([{self.several(4, lambda: self.text(6))}])"

    def changed(self, value):
        """The value with an atom or two changed, or another one."""
        if self.random.random() < 0.2 or not ATOM.search(value):
            return self.value()
        for _ in range(self.random.randrange(1, 3)):
            atoms = list(ATOM.finditer(value))
            if atoms:
                atom = self.random.choice(atoms)
                new = '"z"' if atom[0].startswith('"') else "7"
                value = value[:atom.start()] + new + value[atom.end():]
        return value


def configuration(values):
    blocks = [f'resource "terraform_data" "r{place}" {{\n  input = {value}\n}}\n' for place, value in enumerate(values)]
    outputs = [f'output "o{place}" {{\n  value = {value}\n}}\n' for place, value in enumerate(values) if place % 5 == 0]
    return "".join(blocks + outputs)


def play(program, before, after):
    """What a program prints about each object, by step."""
    environment = dict(os.environ, CHECKPOINT_DISABLE="1", TF_CLI_CONFIG_FILE="/dev/null")
    with tempfile.TemporaryDirectory() as directory:
        def run(*arguments):
            done = subprocess.run([program, *arguments, "-no-color"], cwd=directory, env=environment, text=True,
                                  capture_output=True, check=False, timeout=300)
            if done.returncode:
                raise SystemExit(f"{program} {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
            return parts(done.stdout)

        def write(values):
            pathlib.Path(directory, "main.tf").write_text(configuration(values))

        write(before)
        run("init")
        told = {"create": run("plan")}
        run("apply", "-auto-approve")
        write(after)
        told["update"] = run("plan")
        run("apply", "-auto-approve")
        told["show"] = run("show")
        # What is shown of outputs is laid out as `output` does.
        told["show"].pop("Outputs:", None)
        told["destroy"] = run("plan", "-destroy")
        for found in told.values():
            found.pop(BEFORE)
        told["output"] = run("output")
    return told


def parts(text):
    """The lines about each object, and about the outputs."""
    text = TIME.sub("<time>", ID.sub("<id>", text)).replace("Terraform", "Evenkeel")
    found = {BEFORE: []}
    lines = found[BEFORE]
    for line in text.splitlines():
        if START.match(line):
            lines = found.setdefault(line.strip(), [])
        elif END.match(line):
            lines = []
        elif not any(pattern.match(line) for pattern in PURPOSE):
            lines.append(line.rstrip())
    return {key: "\n".join(lines).strip("\n").split("\n") for key, lines in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    arguments = parser.parse_args()
    if not shutil.which("terraform"):
        print("skipped: there is no terraform on the PATH")
        return 0
    values = Values(arguments.seed)
    before = [values.value() for _ in range(arguments.count)]
    after = [values.changed(value) for value in before]
    binary = str(pathlib.Path(arguments.binary).resolve())
    theirs, ours = play("terraform", before, after), play(binary, before, after)
    compared = differ = 0
    for step, there in theirs.items():
        for key in sorted({*there, *ours[step]}):
            compared += 1
            one, other = there.get(key, []), ours[step].get(key, [])
            if one != other:
                differ += 1
                print("\n".join([f"## {step}: {key}", *list(difflib.unified_diff(one, other, lineterm="", n=2))[2:]]))
    print(f"values: seed {arguments.seed}, {compared} compared, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
