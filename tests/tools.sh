#!/usr/bin/env bash
# Installs what the demo and the acceptance tests need into .venv: the moto server (a stand-in for
# the AWS API) and boto3, at pinned versions, from PyPI. Does nothing when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
wanted=$(sha256sum tests/requirements.txt | cut -d' ' -f1)
if [ -x .venv/bin/moto_server ] && [ "$(cat .venv/.requirements 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
echo "==> installing the moto server and boto3 into .venv"
if ! "$python" -m venv --help >/dev/null 2>&1; then
  echo "error: $python has no venv module; on Debian: apt-get install python3-venv" >&2
  exit 1
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
echo "$wanted" >.venv/.requirements
