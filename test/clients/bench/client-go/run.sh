#!/usr/bin/env bash
# client-go, with its typed clients and JSON.
set -euo pipefail
program=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-bench/client-go
if [ "$1" = install ]; then
	mkdir -p "$(dirname "$program")"
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$program" main.go
	exit
fi
exec "$program" "$1"
