#!/usr/bin/env bash
# A check of our v2 document: openapi-generator makes Java classes of it, as the official Java client is made, and the official
# client's utilities (configuration, watches, patches, informers) run over them against the server that the environment names.
# The generator also makes C# of it, which docs/csharp.md tells about; that is not compiled. Needs a JDK, Maven and curl.
set -euo pipefail
cd "$(dirname "$0")"
root=$(git rev-parse --show-toplevel)
generator=7.18.0 # the one that client-java is made with
client=27.0.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-foreign
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"
command -v javac >/dev/null && command -v mvn >/dev/null || { apt-get update && apt-get install -y --no-install-recommends default-jdk-headless maven; }

jar=$cache/openapi-generator-cli-$generator.jar
[ -s "$jar" ] || mvn -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dartifact=org.openapitools:openapi-generator-cli:$generator -DoutputDirectory="$cache" -Dmdep.useBaseVersion=true
libs=$cache/client-java-$client
if [ ! -d "$libs" ]; then
	cat >"$work/pom.xml" <<POM
<project><modelVersion>4.0.0</modelVersion><groupId>dev.gatehouse</groupId><artifactId>foreign</artifactId><version>1</version>
<dependencies><dependency><groupId>io.kubernetes</groupId><artifactId>client-java</artifactId><version>$client</version></dependency></dependencies></project>
POM
	mvn -q -f "$work/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$libs.new"
	mv "$libs.new" "$libs"
fi

(cd "$root" && go run ./test/clients/foreign/v2) >"$work/v2.json"
(cd "$root" && go run ./test/clients/foreign java) <"$work/v2.json" >"$work/java.json"
(cd "$root" && go run ./test/clients/foreign csharp) <"$work/v2.json" >"$work/csharp.json"

echo "openapi-generator: Java"
java -jar "$jar" generate -i "$work/java.json" -g java -o "$work/java" --skip-validate-spec \
	--library okhttp-gson --global-property apis,models,supportingFiles,apiTests=false,modelTests=false,apiDocs=false,modelDocs=false \
	--type-mappings int-or-string=IntOrString,quantity=Quantity,patch=V1Patch \
	--import-mappings IntOrString=io.kubernetes.client.custom.IntOrString,Quantity=io.kubernetes.client.custom.Quantity,V1Patch=io.kubernetes.client.custom.V1Patch \
	--additional-properties invokerPackage=io.kubernetes.client.openapi,apiPackage=io.kubernetes.client.openapi.apis,modelPackage=io.kubernetes.client.openapi.models,sortParamsByRequiredFlag=true,ensureUniqueParams=true,dateLibrary=java8,useJakartaEe=true,annotationLibrary=swagger1,useSingleRequestParameter=true,hideGenerationTimestamp=true \
	>"$work/java.log" 2>&1 || { tail -50 "$work/java.log"; exit 1; }
find "$work/java/src/main/java" Foreign.java -name '*.java' >"$work/sources"
echo "javac: $(wc -l <"$work/sources") files"
javac -nowarn -Xlint:none -proc:none -d "$work/classes" -cp "$libs/*" @"$work/sources" 2>"$work/javac.log" || { head -50 "$work/javac.log"; exit 1; }
java -cp "$work/classes:$libs/*" Foreign "$GATEHOUSE_KUBECONFIG"

# The command line is that of the documentation.
echo "openapi-generator: C#"
openapi-generator-cli() { java -jar "$jar" "$@"; }
command=$(sed -n '/^    openapi-generator-cli generate -g csharp/,/[^\\]$/p' "$root/clients/README.md")
test -n "$command"
(cd "$work" && eval "$command") >"$work/csharp.log" 2>&1 || { tail -50 "$work/csharp.log"; exit 1; }
models=$work/client/src/Gatehouse.Client/Model
for file in "$models/V1Pod.cs" "$models/V1Deployment.cs" "$work/client/src/Gatehouse.Client/Api/CoreV1Api.cs"; do
	test -s "$file" || { echo "C#: no $file"; exit 1; }
done
grep -q 'public Object MaxSurge ' "$models/V1RollingUpdateDeployment.cs" || { echo "C#: a number or a text is not any value"; exit 1; }
grep -q 'public string Protocol ' "$models/V1ContainerPort.cs" || { echo "C#: an enum is not open"; exit 1; }
echo "C#: $(find "$work/client/src" -name '*.cs' | wc -l) files"
