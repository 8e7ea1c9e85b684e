#!/usr/bin/env bash
# What CI checks besides the tests: formatting, clippy, documentation, purity and layering of the
# crates, licences of the dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n==> %s\n' "$*"; }

say "formatting"
cargo fmt --all --check

say "purity and layering"
python3 tests/layers.py

say "clippy"
cargo clippy --locked --release --workspace --all-targets -- -D warnings

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --release --no-deps --workspace --quiet

say "reference pages of resource types"
python3 schemas/docs.py --check
python3 schemas/utility.py --check

say "licences"
if ! command -v cargo-deny >/dev/null; then
  echo "installing cargo-deny (once)"
  cargo install --locked --quiet cargo-deny
fi
cargo deny --offline --locked check licenses bans sources
