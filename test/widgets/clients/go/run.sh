#!/usr/bin/env bash
# Builds and runs the program beside this file in the extended Go client, the working directory.
set -euo pipefail
mkdir -p use
cp "$1/main.go.txt" use/main.go
go run ./use
