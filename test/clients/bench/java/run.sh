#!/usr/bin/env bash
# This project's Java client.
source "$(dirname "$0")/../../../../clients/java/build.sh"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-bench/java
if [ "$1" = install ]; then
	install_java
	rm -rf "$cache"
	compile "$cache" "$jars" $(find "$java_client/src/main/java" -name '*.java') Main.java
	exit
fi
exec java -cp "$cache:$jars" Main "$1"
