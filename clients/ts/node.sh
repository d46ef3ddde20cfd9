# To be sourced: sees to it that there is a Node that the client runs on, and how npm is called.

node_is_new_enough() {
	command -v node >/dev/null && command -v npm >/dev/null &&
		node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 10) ? 0 : 1)'
}

# Downloads break off; what npm has fetched is in its cache, so the next attempt is short.
npm_retry() {
	local try
	for try in 1 2 3; do
		npm "$@" --no-audit --no-fund --prefer-offline --loglevel=error --fetch-retries=5 >&2 && return
		sleep "$try"
	done
	return 1
}

# Installs what package-lock.json names, unless it is there.
install_packages() {
	cmp -s package-lock.json node_modules/.installed && return
	npm_retry ci
	cp package-lock.json node_modules/.installed
}

if ! node_is_new_enough; then
	command -v npm >/dev/null || { apt-get update && apt-get install -y --no-install-recommends nodejs npm; } >&2
	if ! node_is_new_enough; then
		node_home=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-test/node
		[ -x "$node_home/node_modules/node/bin/node" ] || npm_retry install --prefix "$node_home" node@22
		PATH=$node_home/node_modules/node/bin:$PATH
		node_is_new_enough
	fi
fi
