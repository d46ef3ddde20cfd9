#!/usr/bin/env bash
# This project's TypeScript client.
set -euo pipefail
client=$(cd ../../../../clients/ts && pwd)
if [ "$1" = install ]; then
	cd "$client"
	. ./node.sh
	install_packages
	npx tsc -p tsconfig.build.json
	cp src/models.d.ts dist/
	exit
fi
GATEHOUSE_CLIENT=$client/dist/index.js exec node main.mjs "$1"
