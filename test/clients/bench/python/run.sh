#!/usr/bin/env bash
# This project's Python client.
set -euo pipefail
python=../../../../clients/python
if [ "$1" = install ]; then
	exec "$python/install.sh"
fi
exec "$python/.venv/bin/python" main.py "$1"
