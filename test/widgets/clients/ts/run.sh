#!/usr/bin/env bash
# Builds the extended TypeScript client, the working directory, compiles the program beside this file against it, and runs it.
set -euo pipefail
. ./node.sh
ln -sfn "$GATEHOUSE_CLIENTS/ts/node_modules" node_modules
npx tsc -p tsconfig.build.json >&2
cp src/models.d.ts dist/
rm -rf test example
mkdir test
cp "$1/use.ts" test/
npx tsc -p tsconfig.json >&2
exec node build/test/use.js
