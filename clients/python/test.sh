#!/usr/bin/env bash
# The tests of the Python client, against the server that the environment names.
set -euo pipefail
cd "$(dirname "$0")"
./install.sh
.venv/bin/mypy --no-error-summary gatehouse tests example &
mypy=$!
.venv/bin/pytest
wait "$mypy"
.venv/bin/pyright
