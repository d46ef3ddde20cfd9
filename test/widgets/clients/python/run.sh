#!/usr/bin/env bash
# Runs the program beside this file with the extended Python client, the working directory, and with what the tests of the client in
# the project have installed.
set -euo pipefail
"$GATEHOUSE_CLIENTS/python/install.sh" >&2
PYTHONPATH=$PWD exec "$GATEHOUSE_CLIENTS/python/.venv/bin/python" "$1/main.py"
