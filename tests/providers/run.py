#!/usr/bin/env python3
"""Provider conformance: every resource type with the built binary against moto.

    .venv/bin/python tests/providers/run.py BINARY [TYPE...] [--localstack] [--write | --check] [--jobs N]

With --write the coverage page gets the rows of this run; with --check a page that would change is an
error. With --localstack the cases that tests/localstack/cases.json names run against LocalStack
instead, and the page has the rows of those that moto cannot run. What a case is: README.md beside this
file."""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from suite import case, checks, table  # noqa: E402
from support.localstack import LocalStack  # noqa: E402
from support.world import Moto  # noqa: E402

PAGE = HERE.parents[1] / "docs" / "reference" / "aws-coverage.md"


def main() -> int:
    arguments = parse()
    os.environ["EVENKEEL_BIN"] = str(arguments.binary.resolve())
    on_localstack = case.on_localstack(HERE)
    cases = case.find(HERE, arguments.kinds)
    started = time.monotonic()
    if arguments.localstack:
        wanted = arguments.kinds or on_localstack
        cases = [found.there(on_localstack.get(found.kind, {})) for found in cases if found.kind in wanted]
        runs = run_all(cases, LocalStack, 1)
    else:
        runs = run_all(cases, Moto, min(arguments.jobs, len(cases)))
    problems = [problem for run in runs for problem in run.problems]
    on_page = [run for run in runs if arguments.localstack == case.is_for_localstack(run.case.kind, on_localstack)]
    page = table.merged(PAGE, on_page, on_localstack, case.find(HERE, []))
    if arguments.write:
        PAGE.write_text(page)
    elif arguments.check and page != (PAGE.read_text() if PAGE.is_file() else ""):
        problems.append(f"{PAGE.relative_to(HERE.parents[1])} is stale: run this with --write")
    print("\n".join(table.row(run, on_localstack) for run in runs))
    print(f"{len(runs)} types, {len(problems)} problems, {time.monotonic() - started:.0f} s")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=Path, help="the evenkeel binary")
    parser.add_argument("kinds", nargs="*", help="the types, data sources with data. before them [default: all]")
    parser.add_argument("--write", action="store_true", help="write the coverage page")
    parser.add_argument("--check", action="store_true", help="fail if the coverage page is stale")
    parser.add_argument("--localstack", action="store_true", help="run against LocalStack")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many cases at once")
    return parser.parse_intermixed_args()


def run_all(cases: list, start, jobs: int) -> list:
    """Runs the cases, each on an emulator in which nothing was left; one serves one case at a time."""
    with ThreadPoolExecutor(jobs) as workers:
        emulators = list(workers.map(lambda _: start(), range(jobs)))
        free = SimpleQueue()
        for emulator in emulators:
            free.put(emulator)

        def one(case_):
            emulator = free.get()
            run = checks.Run(case_, emulator)
            try:
                return run.all()
            finally:
                if run.row.get("clean") != "yes":
                    emulator.reset()
                free.put(emulator)

        try:
            return list(workers.map(one, cases))
        finally:
            for emulator in emulators:
                emulator.stop()


if __name__ == "__main__":
    sys.exit(main())
