# shellcheck shell=bash
# Sourced by shell tests on a real broker: skips where none can run, makes the scratch folder $dir, and cleans up.
#
#   . testing.sh PROGRAM...   the programs that the test needs besides the broker; $freshet is the one under test
kafka_scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
why=$("$kafka_scripts/broker.sh" check) || { echo "no Kafka broker here: $why"; exit 0; }
for program in "$@"; do
  command -v "$program" >/dev/null || { echo "no Kafka broker here: no $program"; exit 0; }
done
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT

# Ends the test with the reason $1 and the end of the log $2.
fail() { echo "FAILED: $1"; [ ! -e "${2-}" ] || tail -20 "$2"; exit 1; }

# $1 seconds at most, until the rest succeeds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || return 1
    read -rt 0.2 <> <(:) || true
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A broker at $port, the topics of $1 partitions, and $dir/freshet.yaml for them, to which these are added: $2 to
# ingest.kafka, $3 to state, $4 to sinks.kafka, each beginning with a comma.
prepare() {
  port=$(free_port)
  start_broker "$port:$(free_port)"
  cat >"$dir/freshet.yaml" <<END
ingest:
  kafka: {brokers: "127.0.0.1:$port", session_timeout: 6s${2-}}
state: {directory: $dir/state${3-}}
scoring: {network: {enabled: false}, learning: {directory: $dir/model}}
sinks:
  kafka: {brokers: "127.0.0.1:$port", delivery_timeout: 4s${4-}}
  http: {port: 0}
END
  "${freshet:?the program under test}" topics create -c "$dir/freshet.yaml" --partitions "$1" >"$dir/topics.log" 2>&1 ||
    fail "topics create" "$dir/topics.log"
}

# `freshet run` of $dir/freshet.yaml as the process $run; its log is $dir/run.log.
start() {
  "$freshet" run -c "$dir/freshet.yaml" >>"$dir/run.log" 2>&1 &
  # shellcheck disable=SC2034 # For the test that sources this.
  run=$!
}

# A broker with the ports $1, CLIENTS:CONTROLLER, and the properties of the file $2 if it is named.
start_broker() {
  KAFKA_PROPERTIES=${2-} "$kafka_scripts/broker.sh" run "$dir/kafka" "$1" >"$dir/broker.log" 2>&1 &
  within 60 kcat -b "127.0.0.1:${1%%:*}" -L -m 2 || fail "the broker does not start" "$dir/broker.log"
}
