"""The coverage table: read from the page, changed by a run, and written again."""

from pathlib import Path

from .case import is_for_localstack
from .gaps import untried

COLUMNS = ["create", "read", "update", "replace", "delete", "import", "drift", "batched"]
HEAD = """# AWS: what is tested, and how

<!-- Written by tests/providers/run.py --write; do not edit. -->

One row for each type that has a case in `tests/providers/aws`, made with the built binary. *create*: it is made. *read*: the
next plan is empty, and reading gives what creating gave. *update*, *replace*: a change happens in place, or makes a new
object. *delete*: nothing is left, removing it twice is no error, and an object that is gone is planned to be made again.
*import*: after forgetting and importing it the plan is empty. *drift*: these attributes were changed through another client,
and were found and put right. *batched*: looking at twenty objects takes the calls that looking at one takes; otherwise the
calls that each object costs. `-`: does not apply. `no`: fails. `(n)`: left out, with the reason below.

| Type | Create | Read | Update | Replace | Delete | Import | Drift | Batched | Tested on |
|---|---|---|---|---|---|---|---|---|---|
"""
UNTRIED = """## Drift that is not tried

Arguments that a plan changes in place and that no case changes through another client, with the reason. Those of types
whose drift is left out above are not here, nor what only says how the provider goes about it.

"""
GAPS = """Without a reason, so that a case is missing:

"""
ALSO_DELETE = ("clean", "unknown", "gone", "twice")


def rows_of(page: Path) -> tuple[dict, dict]:
    """The rows of a page that was written before, and the reasons below them, by type."""
    text = page.read_text() if page.is_file() else ""
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    reasons = {}
    for line in text.split("## Drift that is not tried")[0].splitlines():
        if line.startswith("- `"):
            reasons.setdefault(line.split("`")[1], []).append(line)
    return rows, reasons


def row(run, on_localstack: dict) -> str:
    """One type's line."""
    only = is_for_localstack(run.case.kind, on_localstack)
    both = "moto, LocalStack" if run.case.kind in on_localstack else "moto"
    tested_on = "LocalStack" if only else both
    words = dict(run.row)
    if any(words.get(name) == "no" for name in ALSO_DELETE):
        words["delete"] = "no"
    left_out = [name for name in run.case.skip]
    cells = []
    for column in COLUMNS:
        cell = words.get(column, "-")
        marks = [f"({left_out.index(n) + 1})" for n in left_out if n in ("*", column) or covers(column, n)]
        cell = "-" if cell == "skipped" else cell
        cells.append(" ".join([cell, *marks]))
    return f"| `{run.case.kind}` | " + " | ".join(cells) + f" | {tested_on} |"


def covers(column: str, check: str) -> bool:
    return column == "delete" and check in ALSO_DELETE


def reasons(run) -> list:
    """Why something was left out."""
    skips = run.case.skip.items()
    return [f"- `{run.case.kind}` ({n}) {'all' if name == '*' else name}: {why}" for n, (name, why) in enumerate(skips, 1)]


def page(rows: dict, below: dict) -> str:
    lines = [rows[kind] for kind in sorted(rows, key=order)]
    notes = [line for kind in sorted(below, key=order) for line in below[kind]]
    text = HEAD + "\n".join(lines) + "\n"
    return text + ("\n## Left out\n\n" + "\n".join(notes) + "\n" if notes else "")


def order(kind: str) -> tuple:
    return (kind.startswith("data."), kind)


def gaps(cases: list) -> str:
    """What the drift lists lack, from the schemas alone."""
    found = [(case.kind, untried(case)) for case in cases]
    lines = [f"- `{kind}`: {quoted(names)}" for kind, names in found if names]
    told = [f"- `{case.kind}`: {quoted(names.split(', '))}: {why}" for case in cases for names, why in case.untried.items()]
    parts = [head + "\n".join(part) + "\n" for head, part in ((UNTRIED, told), (GAPS, lines)) if part]
    return "\n" + "\n".join(parts) if parts else ""


def quoted(names: list) -> str:
    return ", ".join(f"`{name}`" for name in names)


def merged(path: Path, runs: list, on_localstack: dict, cases: list) -> str:
    """The page after a run: the rows of this run new, the others as they were, vanished types gone."""
    known = {case.kind for case in cases}
    rows, below = rows_of(path)
    for run in runs:
        rows[run.case.kind] = row(run, on_localstack)
        below[run.case.kind] = reasons(run)
    keep = lambda found: {kind: value for kind, value in found.items() if kind in known and value}  # noqa: E731
    return page(keep(rows), keep(below)) + gaps(cases)
