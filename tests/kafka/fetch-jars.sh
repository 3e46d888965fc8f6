#!/usr/bin/env bash
# Fetches the Kafka broker the tests run, by Maven, into build/kafka/<version>/lib.
set -uo pipefail
. "$(dirname "$0")/version.sh"
[ -e "$kafka_fetched" ] && exit 0

log=$kafka_home/fetch.log
mkdir -p "$kafka_home"
echo "setup: fetching Kafka $kafka_version for the tests (46 MB)"
if ! command -v mvn >/dev/null; then
  echo "setup: no mvn here; run docker/install-packages.sh test first" >&2
  exit 1
fi
for try in 1 2; do
  if mvn -q -B -f "$kafka_here/pom.xml" -Dkafka.version="$kafka_version" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$kafka_home/lib" >"$log" 2>&1; then
    touch "$kafka_fetched"
    exit 0
  fi
  [ "$try" = 2 ] || echo "setup: Maven failed, trying once more"
done
echo "setup: Maven could not fetch Kafka $kafka_version; check the network and ~/.m2/settings.xml (log: $log)" >&2
exit 1
