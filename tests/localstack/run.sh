#!/usr/bin/env bash
# The cases of tests/localstack/cases.json with the built binary against LocalStack. Says why it is left
# out where LocalStack cannot run.
set -euo pipefail
cd "$(dirname "$0")/../.."

status=0
tests/localstack/tools.sh || status=$?
if [ "$status" = 3 ]; then
  echo "==> skipped: providers against LocalStack"
  exit 0
elif [ "$status" != 0 ]; then
  exit "$status"
fi
echo "==> providers: all of S3 and a part of EC2 against LocalStack"
.venv/bin/python tests/providers/run.py "${CARGO_TARGET_DIR:-target}/release/evenkeel" --localstack --check
