#!/usr/bin/env bash
# The tests of the Java client, against the server that the environment names.
cd "$(dirname "$0")"
source ./build.sh
install_java
rm -rf target
TIMEFORMAT='java: the client compiles in %U s of CPU, of 10'
time compile target/classes "$jars" $(find src/main/java -name '*.java')
jar --create --file target/gatehouse-client.jar -C target/classes . -C . LICENSE -C . NOTICE
size=$(stat -c %s target/gatehouse-client.jar)
echo "java: the jar has $size bytes, of 600000"
[ "$size" -le 600000 ]
compile target/test-classes "target/classes:$libs/*" $(find src/test/java example -name '*.java')
export CLASSPATH="target/test-classes:target/classes:$libs/*"
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC org.junit.platform.console.ConsoleLauncher execute --disable-banner \
	--scan-classpath target/test-classes --details "${DETAILS:-summary}" --fail-if-no-tests "$@"
