#!/usr/bin/env bash
# The tests of the TypeScript client, against the server that the environment names. Installs what it needs: Node from Debian or, where
# Debian's is too old, from npm, and the packages that package-lock.json names.
set -euo pipefail
cd "$(dirname "$0")"
: "${GATEHOUSE_KUBECONFIG:?is not set: run make test-clients CLIENTS=ts in the folder of the project}"
. ./node.sh
command -v openssl >/dev/null || { apt-get update && apt-get install -y --no-install-recommends openssl; } >&2 # signs the tests' certificates
install_packages
npx tsc -p tsconfig.build.json
cp src/models.d.ts dist/
npx tsc -p tsconfig.json
log=$(mktemp)
trap 'rm -f "$log"' EXIT
node --test --test-concurrency=1 --test-reporter=spec build/test/*.test.js test/*.test.mjs >"$log" || {
	sed -n '/failing tests:/,$p' "$log"
	exit 1
}
grep -E '(tests|pass|skipped) [0-9]+' "$log"
