#!/usr/bin/env bash
# The tests of the Go client, against the server that the environment names.
set -euo pipefail
cd "$(dirname "$0")"
go test -count=1 ./...
