#!/usr/bin/env bash
# The official Java client.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-bench/official-java
if [ "$1" = install ]; then
	command -v javac >/dev/null && command -v mvn >/dev/null || { apt-get update && apt-get install -y --no-install-recommends default-jdk-headless maven; }
	[ -d "$cache/libs" ] || mvn -q -f pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$cache/libs"
	javac -nowarn -proc:none -d "$cache/classes" -cp "$cache/libs/*" Main.java
	exit
fi
exec java -cp "$cache/classes:$cache/libs/*" Main "$1"
