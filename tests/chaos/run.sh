#!/usr/bin/env bash
# Everything that is done to make Evenkeel lose something, at full length: hours on a small machine. The short
# forms of the same are part of `make test`. What is printed here is what docs/reliability.md quotes.
#
#   SEEDS   simulated lives (1,000,000)
#   POINTS  kills of a real process (200)
#   SHAPES  sensitive values (1,000)
set -euo pipefail
cd "$(dirname "$0")/../.."

evenkeel="${CARGO_TARGET_DIR:-target}/release/evenkeel"
say() { printf '\n==> %s\n' "$*"; }

say "kill -9 at ${POINTS:-200} points of a change to 60 objects, against moto"
.venv/bin/python tests/chaos/kill.py --points "${POINTS:-200}"

say "two applies at once, signals, a process that stands still past its lease"
.venv/bin/python tests/chaos/lease.py

say "attempts to change an audit log, power cuts, damaged files"
cargo test --locked --quiet --release -p evenkeel-store

say "${SHAPES:-1000} shapes of sensitive values, looked for in all that is written"
.venv/bin/python tests/chaos/canary.py "$evenkeel" --shapes "${SHAPES:-1000}"

say "${SEEDS:-1000000} simulated lives"
cargo run --locked --quiet --release -p evenkeel-sim -- --seeds "${SEEDS:-1000000}"
