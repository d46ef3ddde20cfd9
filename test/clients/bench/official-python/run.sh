#!/usr/bin/env bash
# The official Python client.
set -euo pipefail
venv=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-bench/official-python
if [ "$1" = install ]; then
	python3 -m venv "$venv" 2>/dev/null || { apt-get update && apt-get install -y --no-install-recommends python3-venv && python3 -m venv "$venv"; }
	"$venv/bin/pip" install --quiet --disable-pip-version-check kubernetes==37.0.2
	exit
fi
exec "$venv/bin/python" main.py "$1"
