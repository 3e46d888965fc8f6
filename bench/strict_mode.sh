#!/usr/bin/env bash
# What strict mode (sinks.kafka.transactions) costs: event -> list through a running program with and without it, by
# turns on one broker, each beside the bare echo of its run.
#
#   bench/strict_mode.sh [RATE] [SECONDS] [ROUNDS]     needs the programs freshet and event_to_list
set -euo pipefail
cd "$(dirname "$0")/.."
rate=${1:-500} seconds=${2:-15} rounds=${3:-3}
build=${BUILD:-build/release}
scratch=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
brokers=127.0.0.1:$port
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$scratch"' EXIT

tests/kafka/broker.sh run "$scratch/kafka" "$port:$((port + 1))" >"$scratch/kafka.log" 2>&1 &
until kcat -b "$brokers" -L -m 1 >/dev/null 2>&1; do sleep 0.2; done

config() { # NAME TRANSACTIONS
  cat >"$scratch/$1.yaml" <<END
ingest:
  kafka: {brokers: "$brokers", group: $1, events_topic: events.$1, items_topic: ""}
state: {directory: $scratch/state.$1}
scoring:
  network: {enabled: false}
  learning: {directory: ""}
sinks:
  kafka: {brokers: "$brokers", lists_topic: lists.$1, transactions: $2}
  http: {enabled: false}
END
  "$build/app/freshet" topics create --config "$scratch/$1.yaml" --partitions 4 >/dev/null
}

measure() { # NAME TRANSACTIONS
  config "$@"
  "$build/app/freshet" run --config "$scratch/$1.yaml" >"$scratch/$1.log" 2>&1 &
  local run=$!
  until [ "$(grep -c ': assigned' "$scratch/$1.log")" = 4 ]; do
    kill -0 $run 2>/dev/null || { cat "$scratch/$1.log"; exit 1; }
    sleep 0.1
  done
  echo "== $1"
  "$build/bench/event_to_list" --brokers "$brokers" --events-topic "events.$1" --lists-topic "lists.$1" \
    --echo-topic events.echo --rate "$rate" --seconds "$seconds" --warm-up 5
  kill $run
  wait $run || true
}

config echo false
for round in $(seq "$rounds"); do
  measure "plain.$round" false
  measure "strict.$round" true
done
