#!/usr/bin/env bash
# A Kafka cluster on this machine, one process per node, no ZooKeeper (KRaft).
#
#   broker.sh check                 exit 0 when Java and the jars are here, else say what is missing
#   broker.sh run DIR PORTS [NODE]  run node NODE (default: all) in the foreground; data under DIR
#   broker.sh stop DIR              stop the nodes that run on DIR
#
# PORTS names each node's client and controller port: 9092:9093, or 9092:9093,9094:9095,9096:9097.
# 9092:9093:9094:9095 listens on 9094 too, for clients of a proxy: they are told to come to 9095.
# What stands in the file $KAFKA_PROPERTIES, if that is set, comes last and wins.
set -uo pipefail
. "$(dirname "$0")/version.sh"

cluster_id=ZnJlc2hldC10ZXN0cy1rYQ
java_command=(java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError
  -Djava.awt.headless=true "-Dlog4j.configuration=file:$kafka_here/log4j.properties"
  -cp "$kafka_home/lib/*")

check() {
  command -v java >/dev/null || { echo "no java (docker/install-packages.sh test)"; return 1; }
  [ -e "$kafka_fetched" ] || { echo "no Kafka jars (tests/kafka/fetch-jars.sh)"; return 1; }
}

# Writes the properties of node $3 of the cluster with ports $2 under $1.
write_properties() {
  local dir=$1 node=$3 ports voters='' i
  IFS=, read -ra ports <<<"$2"
  local own of listeners advertised
  for i in "${!ports[@]}"; do
    IFS=: read -ra of <<<"${ports[i]}"
    voters+=,$((i + 1))@127.0.0.1:${of[1]}
  done
  IFS=: read -ra own <<<"${ports[node - 1]}"
  listeners=PLAINTEXT://127.0.0.1:${own[0]},CONTROLLER://127.0.0.1:${own[1]}
  advertised=PLAINTEXT://127.0.0.1:${own[0]}
  if [ ${#own[@]} = 4 ]; then
    listeners+=,PROXIED://127.0.0.1:${own[2]}
    advertised+=,PROXIED://127.0.0.1:${own[3]}
  fi
  local replicas=${#ports[@]} in_sync=$((${#ports[@]} > 1 ? 2 : 1))
  cat >"$dir/node-$node.properties" <<END
process.roles=broker,controller
node.id=$node
controller.quorum.voters=${voters#,}
listeners=$listeners
advertised.listeners=$advertised
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT
log.dirs=$dir/node-$node
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$in_sync
unclean.leader.election.enable=false
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
log.cleaner.dedupe.buffer.size=10485760
END
  [ -z "${KAFKA_PROPERTIES-}" ] || cat "$KAFKA_PROPERTIES" >>"$dir/node-$node.properties"
}

# Becomes node $3; formats its directory on the first run.
run_node() {
  local dir=$1 node=$3
  mkdir -p "$dir"
  write_properties "$@"
  if [ ! -e "$dir/node-$node/meta.properties" ]; then
    "${java_command[@]}" kafka.tools.StorageTool format -t $cluster_id \
      -c "$dir/node-$node.properties" || return 1
  fi
  echo "$BASHPID" >"$dir/node-$node.pid"
  exec "${java_command[@]}" kafka.Kafka "$dir/node-$node.properties"
}

run_all() {
  local count node
  count=$(($(tr -cd , <<<"$2" | wc -c) + 1))
  for ((node = 1; node <= count; node++)); do run_node "$1" "$2" "$node" & done
  trap 'kill $(jobs -p) 2>/dev/null; wait' TERM INT
  wait
}

stop() {
  local file
  for file in "$1"/node-*.pid; do [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null; rm -f "$file"; done
}

case ${1-} in
  check) check ;;
  run) check && if [ $# -ge 4 ]; then run_node "$2" "$3" "$4"; else run_all "$2" "$3"; fi ;;
  stop) stop "$2" ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
