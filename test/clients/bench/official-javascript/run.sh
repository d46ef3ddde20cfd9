#!/usr/bin/env bash
# The official JavaScript client.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-bench/official-javascript
if [ "$1" = install ]; then
	mkdir -p "$cache"
	cp main.mjs "$cache/main.mjs"
	npm install --silent --no-audit --no-fund --prefix "$cache" @kubernetes/client-node@1.4.0
	exit
fi
exec node "$cache/main.mjs" "$1"
