#!/usr/bin/env python3
"""Compares recorded verdicts on small configurations with those of Terraform itself.

engine/lang/tests/data/configurations.txt holds configurations, what Terraform says about each (`init`
and `validate`, whose errors count together), and where the loader differs from that, in which way. The
loader's side is a test of evenkeel-lang; this script checks or renews Terraform's side. Without a
`terraform` on the PATH it says so and does nothing.

    configurations.py            report verdicts that are not what is recorded
    configurations.py --record   write them into the file
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).resolve().parents[2] / "engine/lang/tests/data/configurations.txt"
# What init wraps around the errors of the configuration.
WRAPPER = "Terraform encountered problems during initialisation"


def read(text):
    """The head of the file, and its cases: name, files, verdict of Terraform, remark."""
    head, *parts = text.split("\n### ")
    return head, [case(part) for part in parts]


def case(part):
    name, _, rest = part.partition("\n")
    files, verdict, remark = {}, "ok", None
    current = None
    for line in rest.splitlines():
        if line.startswith("--- "):
            current = line[4:]
            files[current] = ""
        elif line.startswith("=> terraform: "):
            verdict = line[len("=> terraform: "):]
        elif line.startswith("=> here: "):
            remark = line[len("=> here: "):]
        elif current is not None:
            files[current] += line + "\n"
    return name, files, verdict, remark


def write(head, cases):
    out = [head]
    for name, files, verdict, remark in cases:
        out.append(f"\n### {name}\n")
        out.extend(f"--- {path}\n{text}" for path, text in files.items())
        out.append(f"=> terraform: {verdict}\n")
        out.append(f"=> here: {remark}\n" if remark else "")
    return "".join(out)


def diagnostics_of_init(text):
    for line in text.splitlines():
        try:
            found = json.loads(line).get("diagnostic")
        except ValueError:
            continue
        if found and not found["summary"].startswith(WRAPPER):
            yield found


def ask(files):
    with tempfile.TemporaryDirectory() as directory:
        for path, text in files.items():
            target = pathlib.Path(directory, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        run = lambda *command: subprocess.run(
            ["terraform", *command], cwd=directory, capture_output=True, text=True,
            env=dict(os.environ, CHECKPOINT_DISABLE="1"), timeout=120, check=False).stdout
        found = list(diagnostics_of_init(run("init", "-backend=false", "-input=false", "-json")))
        found += json.loads(run("validate", "-json"))["diagnostics"]
    errors = sorted({one["summary"].split("\n")[0] for one in found if one["severity"] == "error"})
    return "error: " + "; ".join(errors) if errors else "ok"


def main():
    if not shutil.which("terraform"):
        print("skipped: there is no terraform on the PATH")
        return 0
    head, cases = read(DATA.read_text())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        verdicts = list(pool.map(lambda one: ask(one[1]), cases))
    changed = [(one[0], one[2], new) for one, new in zip(cases, verdicts) if one[2] != new]
    for name, old, new in changed:
        print(f"{name}: recorded {old!r}, Terraform says {new!r}")
    if "--record" in sys.argv:
        DATA.write_text(write(head, [(n, f, new, r) for (n, f, _, r), new in zip(cases, verdicts)]))
    print(f"{len(cases)} configurations, {len(changed)} verdicts changed")
    return 1 if changed and "--record" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
