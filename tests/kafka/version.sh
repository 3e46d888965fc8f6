# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here: which Kafka (KAFKA_VERSION overrides pom.xml), and where its jars go.
kafka_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka_version=${KAFKA_VERSION:-$(sed -n 's|.*<kafka.version>\(.*\)</kafka.version>.*|\1|p' "$kafka_here/pom.xml")}
kafka_home=$(cd "$kafka_here/../.." && pwd)/build/kafka/$kafka_version
kafka_fetched=$kafka_home/fetched  # Written last: all jars are there.
