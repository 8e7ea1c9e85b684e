#!/usr/bin/env python3
"""Compares what people read with Terraform's own words.

usage: words.py BINARY [--all] [NAME...]

words.txt holds sessions: files, and commands that both programs carry out, each in a directory of its own.
What they print is compared line by line, with the exit code; standard output and standard error are told
apart. Ids, times and the names of the programs are not compared, nor is the order of lines that tell of
things that happen at the same time. Without a `terraform` on the PATH it says so and does nothing.

The details of diagnostics are in other words, so only their summaries and places are compared; what else
differs on purpose is taken out by `PURPOSE`, and of single commands it is in `LISTED`. Each stands in
docs/compatibility.md, which is looked up. At the end it says how many commands differ, and how many of these
are not covered.
"""

import concurrent.futures
import difflib
import json
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
DEPOSED = re.compile(r" \(deposed object [0-9a-f]{8}\)")
# What a line of output begins with that is no part of a diagnostic above it.
AFTER_DIAGNOSTICS = re.compile(r"───|Plan:|Apply complete|Destroy complete|Outputs:|No changes|Success!|Saved|Usage:|Creating|"
                               r"Changes to Outputs|Evenkeel (used|will|has generated|planned)|\S+: (Creat|Destr|Modif|Refr|Read)")
# Where a diagnostic says that something stands.
PLACE = re.compile(r"  on \S+ line \d+|  on \S+ line \d+, in |   *\d+: ")
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
        # Terraform has none, and every plan that empties a configuration would differ by its warning.
        environment["EVENKEEL_GOVERNOR"] = "off"
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
    text = DEPOSED.sub("", text)
    found = parsed(text)
    if found:
        return documents(found)
    lines = [re.sub(r"^[╷│╵] ?", "", line).rstrip() for line in text.splitlines()]
    # Paragraphs are put together first, so that a sentence is one line.
    found = Lines(ordered(squeezed(without_purpose(without_details(squeezed(without_purpose(lines)))))))
    found.exact = ordered(lines)
    while found.exact and not found.exact[-1]:
        found.exact.pop()
    return found


class Lines(list):
    """Lines to compare, and as they are exactly."""

    exact = ()


def empty_lines(one, other):
    """What differs where nothing does but the number of empty lines."""
    diff = list(difflib.unified_diff(getattr(one, "exact", ()), getattr(other, "exact", ()), lineterm="", n=1))[2:]
    return diff if all(line in "+-" for line in diff if line[0] in "+-") else []


def parsed(text):
    """JSON objects, one in all or one a line; nothing where the text is something else."""
    for parts in ([text], text.splitlines()):
        try:
            found = [json.loads(part) for part in parts if part]
        except ValueError:
            continue
        if all(isinstance(one, dict) for one in found):
            return found
    return []


def documents(found):
    """JSON without what is told otherwise on purpose."""
    for one in found:
        one.pop("@message" if one.get("type") == "version" else "", None)
        one.pop("evenkeel", None)
        for diagnostic in sorted([*one.get("diagnostics", []), one.get("diagnostic", {})], key=json.dumps):
            diagnostic.pop("address", None)
            diagnostic.pop("detail", None)
        one.get("diagnostics", []).sort(key=lambda diagnostic: json.dumps(diagnostic, sort_keys=True))
    return [json.dumps(one, sort_keys=True) for one in found]


def without_details(lines):
    """Diagnostics by their summaries and places: the sentences behind these are in other words."""
    out, inside = [], False
    for line in lines:
        inside = line.startswith(("Error:", "Warning:")) or (inside and not AFTER_DIAGNOSTICS.match(line))
        if not inside or line.startswith(("Error:", "Warning:")) or PLACE.match(line):
            out.append(line)
    return out


def ordered(lines):
    """Lines of things that happen at the same time in order of the alphabet."""
    busy = sorted(line for line in lines if BUSY.match(line))
    return [busy.pop(0) if BUSY.match(line) else line for line in lines]


# What is only here, or there, on purpose; with each, words of docs/compatibility.md that say so.
PURPOSE = {
    "A plan says why each change is made": (r"^ *# why: ", r"^ *# \(its replacement also replaces ",
                                             r"^ *# \(imported from ", r"^  # \(\d+ unchanged objects? hidden\)$",
                                             r"^  ── .*: \d+ to add, \d+ to change, \d+ to destroy$"),
    "is named with the module": (r"^ *# \(because .* is not in configuration\)$",),
    "has a line in the legend": (r"^  \. forget ",),
    "`init` says which backends are used": (r"^- State is kept in Evenkeel's own store",),
    "ends with its own advice": (r"^If you ever set or change modules", r"^rerun this command", r"^(commands )?will (notice|detect)"),
    "`get` lists local modules": (r"^- \w+ in \w+$",),
    "`version` the providers that are linked in": (r"^\+ provider ", r"^follows the language of "),
    "Diagnostics name the object they are about": (r"^  with .*,$",),
    "has the form of diagnostics": (r"^For information on valid syntax, see:",),
}
PATTERNS = [re.compile(pattern) for patterns in PURPOSE.values() for pattern in patterns]

# Commands of which the answer differs on purpose: session, command (a part of it), and the words that say so.
LISTED = [
    ("values", "show", "`show` writes the outputs as `output` does"),
    ("removed", "plan", "An object that is going to be forgotten is looked at like any other"),
    ("removed", "apply", "An object that is going to be forgotten is looked at like any other"),
    ("import_command", "import terraform_data.a one", "is refused before anything is told of it"),
    ("moves", "state mv module.p", "All errors have the form of diagnostics"),
    ("import_command", "import bad", "All errors have the form of diagnostics"),
    ("checks", "plan -var x=9", "points to the condition"),
    ("replace", "plan", "also where that is a list"),
    ("replace", "apply", "also where that is a list"),
    ("data", "destroy", "A destroy reads no data sources"),
    ("marks", "plan", "What repeats a sensitive value is not shown either"),
    ("marks", "apply", "What repeats a sensitive value is not shown either"),
    ("sensitive", "", "What repeats a sensitive value is not shown either"),
    ("errors", "plan", "Where references lead nowhere, nothing is evaluated"),
    ("errors", "apply", "Where references lead nowhere, nothing is evaluated"),
    ("errors", "plan -input=false", "Mistakes in values for variables"),
    ("warnings", "", "is shown where it stands"),
    ("plan_files", "apply", "Nobody is asked with `-input=false`"),
    ("generated", "plan", "found when files are read"),
    ("generated", "plan -generate-config-out", "is not called experimental"),
    ("workspaces", "", "All errors have the form of diagnostics"),
    ("state_commands", "", "All errors have the form of diagnostics"),
    ("values", "state show", "All errors have the form of diagnostics"),
    ("arguments", "", "is answered with one line of usage"),
]


def reason(name, command):
    """The words that say why the answers to a command differ, where they are said."""
    found = [words for session, part, words in LISTED if session == name and command.split("<<< ")[-1].startswith(part)]
    return found[-1] if found else None


def unsaid():
    """Words of the lists above that docs/compatibility.md does not have."""
    text = " ".join((DATA.parents[2] / "docs" / "compatibility.md").read_text().split())
    wanted = [*PURPOSE, *(words for _, _, words in LISTED)]
    return [words for words in dict.fromkeys(wanted) if words not in text]


def without_purpose(lines):
    return [line for line in lines if not any(pattern.match(line) for pattern in PATTERNS)]


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


def compare(binary, case):
    """What differs, as text, each with the words that say why or without."""
    name, steps = case
    theirs, ours = play("terraform", steps), play(binary, steps)
    told = []
    for there, here in zip(theirs, ours):
        command = there[0]
        texts = []
        for what, one, other in (("", there[1], here[1]), (" (errors)", there[2], here[2])):
            diff = list(difflib.unified_diff(one, other, lineterm="", n=2))[2:] or empty_lines(one, other)
            if diff:
                texts.append("\n".join([f"## {name}: {command}{what}", *diff]))
        if there[3] != here[3]:
            texts.append(f"## {name}: {command}: exit code {there[3]}, here {here[3]}")
        if texts:
            # No difference of exit codes is on purpose.
            told.append(("\n".join(texts), None if there[3] != here[3] else reason(name, command)))
    return told


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--all"]
    if not shutil.which("terraform"):
        print("skipped: there is no terraform on the PATH")
        return 0
    binary = str(pathlib.Path(arguments[0]).resolve())
    cases = [case for case in read(DATA.read_text()) if not arguments[1:] or case[0] in arguments[1:]]
    commands = sum(isinstance(step, str) for _, steps in cases for step in steps)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        told = [one for found in pool.map(lambda case: compare(binary, case), cases) for one in found]
    for text, words in told:
        if words is None or "--all" in sys.argv:
            print(text)
    missing = unsaid()
    for words in missing:
        print(f"docs/compatibility.md does not say: {words}")
    open_ones = sum(words is None for _, words in told)
    print(f"words: {len(cases)} sessions, {commands} commands, {len(told)} answered otherwise, {open_ones} of these without "
          "a reason in docs/compatibility.md")
    return 1 if open_ones or missing else 0


if __name__ == "__main__":
    sys.exit(main())
