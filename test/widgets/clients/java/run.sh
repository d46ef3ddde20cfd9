#!/usr/bin/env bash
# Builds and runs the program beside this file with the extended Java client, which is in the working directory.
source ./build.sh
install_java
compile use "$jars" -sourcepath src/main/java "$1/Use.java"
exec java -cp "use:$jars" Use
