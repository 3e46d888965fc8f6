#!/usr/bin/env bash
# From `freshet run` to the first list with many users on disk and many items known, and what snapshots and checkpoints
# of that size cost: a shop is folded, learned and ranked on a real broker, then the program is started again and again.
#
#   bench/start_up.sh [USERS] [ITEMS] [STARTS]     1,000,000 users and items, 3 starts of each kind by default
#
# Needs kcat, curl, python3 and the release preset's program (BUILD names another build folder). All is removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
users=${1:-1000000} items=${2:-1000000} starts=${3:-3}
freshet=${BUILD:-build/release}/app/freshet
events=$((users + users / 5)) # As start_up_records.py makes them.
for program in kcat curl java; do
  command -v $program >/dev/null || { echo "skipped: no $program here"; exit 0; }
done
tests/kafka/fetch-jars.sh
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$scratch"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port) http=$(free_port)
brokers=127.0.0.1:$port
tests/kafka/broker.sh run "$scratch/kafka" "$port:$(free_port)" >"$scratch/broker.log" 2>&1 &
until kcat -b "$brokers" -L -m 1 >/dev/null 2>&1; do sleep 0.2; done
cat >"$scratch/freshet.yaml" <<YAML
ingest: {kafka: {brokers: "$brokers", instance: start-up}}
state: {directory: $scratch/state, snapshots: {directory: $scratch/snapshots}}
scoring: {learning: {directory: $scratch/model}}
sinks: {kafka: {brokers: "$brokers"}, http: {port: $http}}
YAML
"$freshet" topics create --config "$scratch/freshet.yaml" --partitions 4 >/dev/null

now_ms() { date +%s%3N; }
since() { awk -v ms=$(($(now_ms) - $1)) 'BEGIN { printf "%.2f s", ms / 1000 }'; }
size_of() { du -sm "$1" | awk '{ print $1 " MiB" }'; }
run() { "$freshet" run --config "$scratch/freshet.yaml" >"$scratch/run.log" 2>&1 & running=$!; }
is_alive() { kill -0 "$running" 2>/dev/null || { cat "$scratch/run.log"; exit 1; }; }
metric() { { curl -s "http://127.0.0.1:$http/metrics" || true; } | awk -v name="$1" '$1 == name { print $2 + 0 }'; }
is_ready() { [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http/readyz")" = 200 ]; }
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ printf "%.2f s of CPU", ($14 + $15) / hz }' "/proc/$running/stat"; }
rss() { awk '/VmHWM/ { printf "%d MiB", $2 / 1024 }' "/proc/$running/status"; }

echo "$users users, $events events, $items items"
began=$(now_ms)
python3 bench/start_up_records.py items "$items" | kcat -b "$brokers" -t freshet.items -P -K '|'
python3 bench/start_up_records.py events "$users" "$items" |
  kcat -b "$brokers" -t freshet.events -P -K '|' -X topic.partitioner=murmur2_random
echo "records written: $(since "$began")"

began=$(now_ms)
run
learned=0
until [ "${learned:-0}" -ge "$events" ] && is_ready; do
  is_alive
  sleep 1
  learned=$(metric freshet_scoring_learned_examples_total)
  printf '\r%s of %s events learned, %s' "${learned:-0}" "$events" "$(since "$began")" >&2
done
echo >&2
echo "all folded, learned, ranked: $(since "$began"), $(cpu), peak of resident memory $(rss)"

# Stops with a signal and waits; what an orderly end adds is the snapshots and the checkpoint.
stop() {
  began=$(now_ms)
  kill "-$1" "$running"
  wait "$running" 2>/dev/null || true
}
stop TERM
echo "orderly stop: $(since "$began")"
grep -hE 'snapshot at|model checkpoint' "$scratch/run.log" | tail -20
echo "state $(size_of "$scratch/state"), snapshots $(size_of "$scratch/snapshots"), model $(size_of "$scratch/model")"

start() { # WHAT: from the exec to the list that one event causes, which waits in the log.
  timeout 600 kcat -b "$brokers" -t freshet.recommendations -C -o end -c 1 -q >"$scratch/list" 2>/dev/null &
  local listener=$!
  sleep 2
  asked=$((${asked:-0} + 1))
  echo "u7|{\"event_id\":\"again$asked\",\"type\":\"click\",\"user_id\":\"u7\",\"item_id\":\"i$asked\",\"event_time\":$((1750000000000 + events + asked * 1000))}" |
    kcat -b "$brokers" -t freshet.events -P -K '|' -X topic.partitioner=murmur2_random
  began=$(now_ms)
  run
  wait $listener
  echo "first list after $1: $(since "$began"), $(cpu); $(grep -o '"fallback":[^,]*' "$scratch/list" || echo no fallback)"
  until is_ready; do is_alive; sleep 0.05; done
  echo "  ready, items topic read: $(since "$began"), $(cpu), peak of resident memory $(rss)"
}

for _ in $(seq "$starts"); do
  start "an orderly stop"
  stop TERM
  echo "  stop: $(since "$began")"
  start "an orderly stop" # Killed below: the next start finds a database that was not closed.
  stop KILL
  start "kill -9"
  stop TERM
  rm -rf "$scratch/state"
  start "the loss of the disk, from the snapshots"
  grep -hE 'state: snapshot|: assigned' "$scratch/run.log" | sed 's/^/  /'
  stop TERM
done
