#!/usr/bin/env bash
# Every test there is: unit and property tests, the simulation, and acceptance tests with the built
# binary against a moto server. Needs no internet beyond the package registries and no Docker.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n==> %s\n' "$*"; }

pure=(model lang provider state plan apply reconcile)
say "pure crates: unit and property tests"
cargo test --locked --quiet "${pure[@]/#/--package=evenkeel-}"

say "the test server"
cargo test --locked --quiet -p evenkeel-aws-server
cargo build --locked --release -p evenkeel-aws-server

say "simulation: planted faults are caught, known seeds stay good"
cargo test --locked --quiet --release -p evenkeel-sim
say "simulation: 1,000 seeds"
cargo run --locked --quiet --release -p evenkeel-sim -- --seeds 1000

tests/tools.sh
say "shells: source, store, providers, command line"
cargo build --locked --release -p evenkeel-cli
cargo test --locked --quiet --release -p evenkeel-source -p evenkeel-store \
  -p evenkeel-provider-builtin -p evenkeel-provider-utility -p evenkeel-provider-aws-core -p evenkeel-provider-aws-account \
  -p evenkeel-provider-aws-ec2 -p evenkeel-provider-aws-s3 -p evenkeel-provider-aws-database \
  -p evenkeel-provider-aws -p evenkeel-cli

say "conformance: the built binary gives Terraform's recorded answers"
python3 tests/conformance/run.py "${CARGO_TARGET_DIR:-target}/release/evenkeel"

say "documents and lines for machines: the same as Terraform's, where there is one"
python3 tests/differential/documents.py "${CARGO_TARGET_DIR:-target}/release/evenkeel"

say "acceptance: the built binary against moto and the test server"
.venv/bin/python -m unittest discover --start-directory tests/acceptance --pattern 'test_*.py'

say "providers: every resource type against moto"
.venv/bin/python tests/providers/run.py "${CARGO_TARGET_DIR:-target}/release/evenkeel" --check
