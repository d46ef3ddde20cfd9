#!/usr/bin/env bash
# Builds the client where that is to be done, and runs the controller beside this file: run.sh [namespace]
source "$(dirname "$0")/../build.sh"
install_java
cd "$java_client"
[ -d target/classes ] || compile target/classes "$jars" $(find src/main/java -name '*.java')
exec java -cp "target/classes:$jars" example/Deployments.java "$@"
