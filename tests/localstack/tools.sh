#!/usr/bin/env bash
# Installs LocalStack (a second stand-in for the AWS API) into .venv-localstack, at pinned versions, from
# PyPI. It needs Python 3.11 and no other: this release runs on it as a whole. Does nothing when it is
# there. Without Python 3.11 it says so and exits with 3.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-localstack
wanted=$(sha256sum tests/localstack/requirements.txt | cut -d' ' -f1)
if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.requirements" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
for python in "${PYTHON311:-}" python3.11 python3; do
  if [ -n "$python" ] && "$python" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    break
  fi
  python=
done
if [ -z "$python" ]; then
  echo "LocalStack is not installed: it needs Python 3.11 with the module venv (PYTHON311=PATH says where it is)" >&2
  exit 3
fi
echo "==> installing LocalStack into $venv"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/localstack/requirements.txt
echo "$wanted" >"$venv/.requirements"
