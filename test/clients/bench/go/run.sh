#!/usr/bin/env bash
# This project's Go client.
set -euo pipefail
program=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-bench/go
if [ "$1" = install ]; then
	mkdir -p "$(dirname "$program")"
	CGO_ENABLED=0 go build -C ../../../../clients/go -trimpath -ldflags '-s -w' -o "$program" ./internal/bench
	exit
fi
exec "$program" "$1"
