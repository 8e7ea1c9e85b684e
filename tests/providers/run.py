#!/usr/bin/env python3
"""Provider conformance: every resource type with the built binary against moto.

    .venv/bin/python tests/providers/run.py BINARY [TYPE...] [--write | --check] [--jobs N]

With --write the coverage page gets the rows of this run; with --check a page that would change is an
error. What a case is: README.md beside this file."""

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
from support.world import Moto  # noqa: E402

PAGE = HERE.parents[1] / "docs" / "reference" / "aws-coverage.md"
TESTED_ON = "moto"


def main() -> int:
    arguments = parse()
    os.environ["EVENKEEL_BIN"] = str(arguments.binary.resolve())
    cases = case.find(HERE, arguments.kinds)
    started = time.monotonic()
    runs = run_all(cases, min(arguments.jobs, len(cases)))
    problems = [problem for run in runs for problem in run.problems]
    page = table.merged(PAGE, runs, TESTED_ON, case.find(HERE, []))
    if arguments.write:
        PAGE.write_text(page)
    elif arguments.check and page != (PAGE.read_text() if PAGE.is_file() else ""):
        problems.append(f"{PAGE.relative_to(HERE.parents[1])} is stale: run this with --write")
    print("\n".join(table.row(run, TESTED_ON) for run in runs))
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
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many cases at once")
    return parser.parse_args()


def run_all(cases: list, jobs: int) -> list:
    """Runs the cases, each on an emulator in which nothing was left; one serves one case at a time."""
    with ThreadPoolExecutor(jobs) as workers:
        motos = list(workers.map(lambda _: Moto(), range(jobs)))
        free = SimpleQueue()
        for moto in motos:
            free.put(moto)

        def one(case_):
            moto = free.get()
            run = checks.Run(case_, moto)
            try:
                return run.all()
            finally:
                if run.row.get("clean") != "yes":
                    moto.reset()
                free.put(moto)

        try:
            return list(workers.map(one, cases))
        finally:
            for moto in motos:
                moto.stop()


if __name__ == "__main__":
    sys.exit(main())
