#!/usr/bin/env bash
# Puts what the tests, the benchmark and the widgets need into .venv. It does nothing when that is there.
set -euo pipefail
cd "$(dirname "$0")"
stamp=.venv/installed-$(sha256sum pyproject.toml | cut -c1-16)
[ ! -e "$stamp" ] || exit 0

retry() {
	for wait in 2 10 30; do
		"$@" && return
		echo "again in $wait s: $*" >&2
		sleep "$wait"
	done
	"$@"
}

new_enough() { command -v python3 >/dev/null && python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

if ! new_enough; then
	retry apt-get update
	retry apt-get install -y --no-install-recommends python3 python3-venv
fi
new_enough || { echo "Python 3.10 or later is needed" >&2; exit 1; }
python3 -m venv .venv
retry .venv/bin/pip install --quiet --disable-pip-version-check --editable '.[test]'
retry .venv/bin/pyright --version >/dev/null # its first run loads it
.venv/bin/python -m compileall -q gatehouse # as pip does for what it installs elsewhere
touch "$stamp"
