#!/usr/bin/env python3
"""Compares what people read with Terraform's own words.

usage: words.py BINARY [NAME...]

words.txt holds sessions: files, and commands that both programs carry out, each in a directory of its own.
What they print is compared line by line, with the exit code; standard output and standard error are told
apart. Ids, times and the names of the programs are not compared, nor is the order of lines that tell of
things that happen at the same time. Without a `terraform` on the PATH it says so and does nothing.

What differs on purpose is taken out by `PURPOSE`, each line of which stands in docs/compatibility.md.
"""

import concurrent.futures
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).with_name("words.txt")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# The commands that take -no-color.
PLAIN = ("apply", "destroy", "get", "import", "init", "output", "plan", "refresh", "show", "validate")
# Lines of things that happen at the same time.
BUSY = re.compile(r"^\S.*: (Refreshing state|Reading|Read complete|Creating|Creation complete|Destroying|"
                  r"Destruction complete|Modifying|Modifications complete|Preparing import|Importing|Import complete|"
                  r"Refresh complete)")


def read(text):
    """The cases: name and steps, each a file (name, content) or a command."""
    for part in text.split("\n### ")[1:]:
        name, _, rest = part.partition("\n")
        steps = []
        for line in rest.splitlines():
            if line.startswith(">>> "):
                steps.append([line[4:], ""])
            elif line.startswith("$ "):
                steps.append(line[2:])
            else:
                steps[-1][1] += line + "\n"
        yield name, steps


def play(program, steps):
    """What a program answers to each command, as lines."""
    answers = []
    with tempfile.TemporaryDirectory() as directory:
        environment = dict(os.environ, CHECKPOINT_DISABLE="1", HOME=directory, TF_CLI_CONFIG_FILE="/dev/null")
        for variable in [name for name in environment if name.startswith(("EVENKEEL_", "TF_VAR_", "TF_IN_"))]:
            del environment[variable]
        # Without a terminal there is no colour here; Terraform has to be told.
        for command in PLAIN:
            environment[f"TF_CLI_ARGS_{command}"] = "-no-color"

        def run(line):
            given, _, line = line.rpartition("<<< ")
            return subprocess.run([program, *shlex.split(line)], cwd=directory, env=environment, text=True,
                                  capture_output=True, check=False, timeout=60,
                                  input=given.strip() + "\n" if given else "")

        initialised = False
        for step in steps:
            if isinstance(step, list):
                path = pathlib.Path(directory, step[0])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(step[1])
                initialised = False
                continue
            if not initialised and not step.startswith(("init", "-", "get")):
                run("init -input=false")
                initialised = True
            done = run(step)
            answers.append((step, normal(done.stdout, directory), normal(done.stderr, directory), done.returncode))
    return answers


def normal(text, directory):
    text = COLOUR.sub("", text).replace(directory, "<here>")
    text = TIME.sub("<time>", ID.sub("<id>", text))
    text = re.sub(r" after \d+m?s", " after 0s", text)
    text = re.sub(r"\[?\d+s elapsed\]?", "<elapsed>", text)
    text = text.replace("Terraform v1.11.4", "<version>").replace("Evenkeel v0.1.0", "<version>")
    text = text.replace("Terraform", "Evenkeel").replace("terraform ", "evenkeel ").replace("terraform\n", "evenkeel\n")
    lines = [re.sub(r"^[╷│╵] ?", "", line).rstrip() for line in text.splitlines()]
    return ordered(without_purpose(lines))


def ordered(lines):
    """Lines of things that happen at the same time in order of the alphabet."""
    busy = sorted(line for line in lines if BUSY.match(line))
    return [busy.pop(0) if BUSY.match(line) else line for line in lines]


# What is only here, or there, on purpose.
PURPOSE = [re.compile(pattern) for pattern in (
    r"^ *# why: ",                                      # a change says why
    r"^ *# \(its replacement also replaces ",            # and what follows from it
    r"^ *# \(imported from ",                            # the id of what is imported is told in any case
    r"^  ── .*: \d+ to add, \d+ to change, \d+ to destroy$",  # changes are grouped by module
    r"^  # \(\d+ unchanged objects? hidden\)$",          # objects that stay are counted
    r"^ *# \(because .* is not in configuration\)$",     # with the whole address
    r"^  \. forget ",                                   # the sign has a line in the legend
    r"^- State is kept in Evenkeel's own store",        # which backends are used is said
    r"^  with .*,$",                                    # diagnostics say which object they are about
)]


def without_purpose(lines):
    return [line for line in lines if not any(pattern.match(line) for pattern in PURPOSE)]


def squeezed(lines):
    """Paragraphs as one line, as names of different length break lines elsewhere; one empty line for several."""
    out = []
    for line in lines:
        if not line and (not out or not out[-1]):
            continue
        if out and is_sentence(out[-1]) and is_sentence(line):
            out[-1] += " " + line
        else:
            out.append(re.sub("─+", "───", line))
    while out and not out[-1]:
        out.pop()
    return out


def is_sentence(line):
    return bool(re.match(r"[A-Z`\"a-z(]", line)) and not re.search(r"[={}]", line) and not BUSY.match(line) and \
        not line.startswith(("Error:", "Warning:"))


def compare(binary, case, exact):
    name, steps = case
    theirs, ours = play("terraform", steps), play(binary, steps)
    told = []
    for there, here in zip(theirs, ours):
        command = there[0]
        for what, one, other in (("", there[1], here[1]), (" (errors)", there[2], here[2])):
            if not exact:
                one, other = squeezed(one), squeezed(other)
            diff = list(difflib.unified_diff(one, other, lineterm="", n=2))[2:]
            if diff:
                told.append("\n".join([f"## {name}: {command}{what}", *diff]))
        if there[3] != here[3]:
            told.append(f"## {name}: {command}: exit code {there[3]}, here {here[3]}")
    return told


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--exact"]
    if not shutil.which("terraform"):
        print("skipped: there is no terraform on the PATH")
        return 0
    binary = str(pathlib.Path(arguments[0]).resolve())
    cases = [case for case in read(DATA.read_text()) if not arguments[1:] or case[0] in arguments[1:]]
    exact = "--exact" in sys.argv
    differ = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for told in pool.map(lambda case: compare(binary, case, exact), cases):
            differ += bool(told)
            for text in told:
                print(text)
    print(f"words: {len(cases)} sessions, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
