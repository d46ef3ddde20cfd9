#!/usr/bin/env bash
# The tests of the Python client, against the server that the environment names.
set -euo pipefail
cd "$(dirname "$0")"
./install.sh
# The tests wait for the server most of the time: the types are checked meanwhile.
{ .venv/bin/mypy --no-error-summary gatehouse tests example && .venv/bin/pyright; } &
types=$!
.venv/bin/pytest
wait "$types"
