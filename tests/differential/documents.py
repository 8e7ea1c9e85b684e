#!/usr/bin/env python3
"""Compares the documents and lines for programs with Terraform's own.

usage: documents.py BINARY [NAME...] [-v]

documents.txt holds configurations and what is done with them. Both programs do it, each in a directory of
its own, and these are compared: `show -json` of the plan and of the state, `output -json`, and the lines of
`plan -json` and `apply -json`. Ids, times and sentences are not compared, nor is the order of lines that
happen at the same time. Without a `terraform` on the PATH it says so and does nothing.

What differs on purpose is taken out by the functions of `PURPOSE`, each of which stands in
docs/compatibility.md.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).with_name("documents.txt")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)")
# Both tell how far they are in their own words.
OWN_LINES = {"version", "init_output", "log", "api_calls", "governor"}


def read(text):
    """The cases: name and steps, each a file (name, content) or a command."""
    for part in text.split("\n### ")[1:]:
        name, _, rest = part.partition("\n")
        steps = []
        for line in rest.splitlines():
            if line.startswith(">>> "):
                steps.append([line[4:], ""])
            elif line.startswith("$ "):
                steps.append(shlex.split(line[2:]))
            else:
                steps[-1][1] += line + "\n"
        yield name, steps


def play(program, steps):
    """What a program answers to each command: name of the document, document."""
    answers = []
    with tempfile.TemporaryDirectory() as directory:
        environment = dict(os.environ, CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1", HOME=directory)
        for variable in [name for name in environment if name.startswith(("EVENKEEL_", "TF_VAR_"))]:
            del environment[variable]

        def run(*command):
            return subprocess.run([program, *command], cwd=directory, env=environment, text=True,
                                  capture_output=True, check=False, timeout=300)

        initialised = False
        for number, step in enumerate(steps):
            if len(step) == 2 and step[1].endswith("\n"):
                path = pathlib.Path(directory, step[0])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(step[1])
                initialised = False
                continue
            if not initialised:
                run("init", "-input=false")
                initialised = True
            command = " ".join(step)
            for what, answer in perform(run, step, directory):
                answers.append((f"{number} {command}: {what}", answer))
    return answers


def perform(run, step, directory):
    if step[0] == "plan":
        pathlib.Path(directory, "p").unlink(missing_ok=True)
        done = run("plan", "-json", "-detailed-exitcode", "-out=p", *step[1:])
        yield "exit code", done.returncode
        yield "lines", lines(done.stdout)
        if pathlib.Path(directory, "p").exists():
            yield "document", document(run("show", "-json", "p"))
    elif step[0] == "apply":
        done = run("apply", "-json", "p")
        yield "exit code", done.returncode
        yield "lines", lines(done.stdout)
        yield "state", document(run("show", "-json"))
        yield "outputs", document(run("output", "-json"))
    else:
        done = run(*step)
        yield "exit code", done.returncode
        if done.stdout.startswith("{"):
            yield "document", document(done)


def document(done):
    try:
        return normal(json.loads(done.stdout))
    except ValueError:
        return f"not JSON (exit code {done.returncode}): {done.stdout[:300]} {done.stderr[:500]}"


def lines(text):
    found = []
    for line in text.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            found.append({"not json": line})
            continue
        if message.get("type") not in OWN_LINES:
            for field in ("@timestamp",):
                message.pop(field, None)
            found.append(normal(message))
    # Things that happen at the same time come in any order.
    return sorted(found, key=lambda message: name(message) + json.dumps(message, sort_keys=True))


def normal(value, key=None):
    """Without ids, times and sentences."""
    if isinstance(value, dict):
        if "severity" in value and "summary" in value:
            value = {name: part for name, part in value.items() if name in ("severity", "summary", "address", "range")}
        return {name: normal(part, name) for name, part in value.items()}
    if isinstance(value, list):
        parts = [normal(part) for part in value]
        # These are in no order.
        if key in ("relevant_attributes", "checks"):
            parts.sort(key=lambda part: json.dumps(part, sort_keys=True))
        return parts
    if isinstance(value, str):
        value = re.sub(r" after \d+s", " after 0s", value)
        return TIME.sub("<time>", ID.sub("<id>", value))
    if key == "elapsed_seconds":
        return 0
    return value


def differences(theirs, ours, path=""):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted(set(theirs) | set(ours)):
            here = f"{path}.{name}"
            if name not in ours:
                yield f"{here}: missing {short(theirs[name])}"
            elif name not in theirs:
                yield f"{here}: too much {short(ours[name])}"
            else:
                yield from differences(theirs[name], ours[name], here)
    elif named(theirs) and named(ours) and list(named(theirs)) != list(named(ours)):
        there, here = named(theirs), named(ours)
        yield from differences(there, here, path)
        if set(there) == set(here):
            yield f"{path}: terraform's order is {list(there)}, here {list(here)}"
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for index, (one, other) in enumerate(zip(theirs, ours)):
            yield from differences(one, other, f"{path}[{index}]")
    elif theirs != ours or isinstance(theirs, bool) != isinstance(ours, bool):
        yield f"{path}: terraform {short(theirs)}, here {short(ours)}"


def named(value):
    """A list of things that have names, by name."""
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        return None
    names = [name(part) for part in value]
    return dict(zip(names, value)) if len(set(names)) == len(names) else None


def name(part):
    if "type" in part and "@level" in part:
        about = part.get("change", part.get("hook", {}))
        resource = about.get("resource", {}).get("addr", "")
        summary = part.get("diagnostic", {}).get("summary", "")
        return f"{part['type']} {resource} {summary} {about.get('action', '')}"
    return str(part.get("address")) + str(part.get("deposed", ""))


def short(value):
    text = json.dumps(value, sort_keys=True)
    return text if len(text) < 400 else text[:400] + "..."


def compare(binary, case):
    name, steps = case
    theirs, ours = play("terraform", steps), play(binary, steps)
    wrong = []
    if [what for what, _ in theirs] != [what for what, _ in ours]:
        there, here = (" | ".join(what for what, _ in side) for side in (theirs, ours))
        wrong.append(f"terraform gives {there}\n    here {here}")
    here = dict(ours)
    for what, answer in theirs:
        for purpose in PURPOSE:
            purpose(answer)
            purpose(here.get(what))
        if what in here:
            wrong += [f"{what}{line}" for line in differences(answer, here[what])]
    return name, wrong


def without_prior_outputs(answer):
    """Outputs in prior_state are as they were; Terraform has those there that the plan will give."""
    prior = answer.get("prior_state") if isinstance(answer, dict) else None
    if prior:
        values = prior.get("values", {})
        values.pop("outputs", None)
        if not values.get("root_module"):
            del answer["prior_state"]


def without_state_checks(answer):
    """Results of checks are in plans and not in the state."""
    if isinstance(answer, dict) and "planned_values" not in answer:
        answer.pop("checks", None)


def without_addresses(answer):
    """Diagnostics have an address wherever there is one."""
    for line in answer if isinstance(answer, list) else []:
        line.get("diagnostic", {}).pop("address", None)


def without_skipped(answer):
    """What is not attempted is said."""
    if isinstance(answer, list):
        answer[:] = [line for line in answer if line.get("type") != "apply_skipped"]


def without_deposed(answer):
    """A line about a deposed object says which one."""
    for hook in find(answer, "hook"):
        hook.pop("deposed", None)


def without_reasons(answer):
    """A planned change says why."""
    for line in answer if isinstance(answer, list) else []:
        line.pop("why", None)


def without_forgotten(answer):
    """What will be forgotten is not planned; Terraform lists it there without values. It is looked at."""
    for module in find(answer, "planned_values"):
        for resources in list(find(module, "resources")):
            resources[:] = [resource for resource in resources if "values" in resource]
        root = module.get("root_module", {})
        if root.get("resources") == []:
            del root["resources"]
    if isinstance(answer, list):
        gone = {line["change"]["resource"]["addr"] for line in answer
                if line.get("type") == "planned_change" and line["change"]["action"] == "remove"}
        answer[:] = [line for line in answer if not (line.get("type", "").startswith("refresh_")
                     and line["hook"]["resource"]["addr"] in gone)]


def without_ephemeral_variables(answer):
    """The values of ephemeral variables are in no document."""
    if isinstance(answer, dict) and "configuration" in answer:
        root = answer["configuration"].get("root_module", {})
        for name in ("f", "token"):
            if name in root.get("variables", {}):
                answer.get("variables", {}).pop(name, None)
        if not answer.get("variables", True):
            del answer["variables"]


def without_keys_of_dependencies(answer):
    """`depends_on` names resources and modules, not instances."""
    if isinstance(answer, dict) and "configuration" in answer:
        for needs in find(answer["configuration"], "depends_on"):
            needs[:] = [re.sub(r"\[.*", "", need) for need in needs]


def without_constants_of_templates(answer):
    """In the JSON syntax a text with templates in it is no constant."""
    for expression in find(answer, "expression", "count_expression", "expressions"):
        for part in [expression, *(expression.values() if isinstance(expression, dict) else ())]:
            if isinstance(part, dict) and "references" in part:
                part.pop("constant_value", None)


def without_failed_postconditions(answer):
    """An object whose postcondition is not met is told as one that failed."""
    for line in answer if isinstance(answer, list) else []:
        if line.get("type") in ("apply_complete", "apply_errored"):
            line["type"] = "apply_errored"
            line["@message"] = ""


def without_marks_of_outputs(answer):
    """`output` of terraform_data is sensitive where `input` is."""
    for flags in find(answer, "sensitive_values", "before_sensitive", "after_sensitive"):
        if isinstance(flags, dict):
            flags.pop("output", None)


def find(value, *names):
    if isinstance(value, dict):
        for name, part in value.items():
            if name in names:
                yield part
            yield from find(part, *names)
    elif isinstance(value, list):
        for part in value:
            yield from find(part, *names)


PURPOSE = [without_reasons, without_prior_outputs, without_state_checks, without_addresses, without_skipped,
           without_marks_of_outputs, without_deposed, without_forgotten, without_ephemeral_variables,
           without_keys_of_dependencies, without_constants_of_templates, without_failed_postconditions]


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    if not shutil.which("terraform"):
        print("skipped: there is no terraform on the PATH")
        return 0
    binary = str(pathlib.Path(arguments[0]).resolve())
    cases = [case for case in read(DATA.read_text()) if not arguments[1:] or case[0] in arguments[1:]]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for name, wrong in pool.map(lambda case: compare(binary, case), cases):
            failed += bool(wrong)
            shown = wrong if "-v" in sys.argv else wrong[:5]
            for line in shown:
                print(f"{name}: {line}")
    print(f"documents: {len(cases)} cases, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
