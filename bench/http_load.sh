#!/usr/bin/env bash
# Lists over HTTP under load: a running demo, asked for lists of its users while it takes events.
#
#   bench/http_load.sh [SECONDS] [CONNECTIONS...]     needs wrk (apt-get install wrk)
#
# Each list is made anew from the user's state. FRESHET names another program; RATE the events per second meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true
[ $# -gt 0 ] || set -- 1 4 16
for program in kcat wrk; do
  command -v $program >/dev/null || { echo "skipped: no $program here"; exit 0; }
done
freshet=${FRESHET:-build/release/app/freshet}
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$scratch"' EXIT
echo 'sinks: {http: {requests_per_second_max: 1000000}}' >"$scratch/freshet.yaml"
: >"$scratch/log"
"$freshet" demo --config "$scratch/freshet.yaml" --rate "${RATE:-100}" --port 0 >"$scratch/log" 2>&1 &
until grep -q 'for the console' "$scratch/log"; do
  kill -0 $! 2>/dev/null || { cat "$scratch/log"; exit 1; }
  sleep 0.2
done
url=$(sed -n 's/^Open \(.*\)\/ for the console.*/\1/p' "$scratch/log")
sleep 15 # Until the model has something to say.
brokers=$(sed -n 's/.*Kafka broker at \(.*\)\.$/\1/p' "$scratch/log")
kcat -b "$brokers" -t freshet.recommendations -C -e -q -f '%k\n' | sort -u >"$scratch/users"
export FRESHET_USERS=$scratch/users
echo "$(wc -l <"$scratch/users") users, ${RATE:-100} events/s meanwhile"
for connections in "$@"; do
  printf '%3d connections ' "$connections"
  wrk -t1 -c"$connections" -d"${seconds}s" --latency -s bench/http_load.lua "$url" | tail -1
done
