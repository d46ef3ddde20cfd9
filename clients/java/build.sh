# Is sourced by the scripts that compile or run the Java client. libs has the jars that pom.xml names, jars the class path of a program
# that uses the client.
set -euo pipefail
java_client=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
libs=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-clients/java-$(sha256sum <"$java_client/pom.xml" | cut -c1-16)

class_path() {
	local all=("$libs"/{gson,error_prone_annotations,snakeyaml}-*.jar) IFS=:
	jars="${all[*]}"
}
class_path

# A step that needs the network is tried three times.
again() {
	local n
	for n in 1 2 3; do
		"$@" && return
		sleep $((n * 3))
	done
	echo "it fails again and again: $*" >&2
	return 1
}

# A JDK from 17 on, and the jars.
install_java() {
	if ! command -v javac >/dev/null || [ ! -d "$libs" ] && ! command -v mvn >/dev/null; then
		again apt-get update -q
		again apt-get install -qy --no-install-recommends default-jdk-headless maven
	fi
	if [ ! -d "$libs" ]; then
		local new
		mkdir -p "$(dirname "$libs")"
		new=$(mktemp -d "$libs.XXXX")
		again mvn -q -B -f "$java_client/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$new"
		mv -T "$new" "$libs" 2>/dev/null || rm -rf "$new" # somebody else was quicker
	fi
	class_path
}

# compile <folder of classes> <class path> <files ...>; the optimizing compiler does not pay for one run of javac.
compile() {
	mkdir -p "$1"
	javac -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC --release 17 -proc:none -encoding UTF-8 -Xlint:all -Werror -d "$1" -cp "$2" "${@:3}"
}
