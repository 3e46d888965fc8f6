#!/usr/bin/env bash
# Two instances on a real broker share the partitions. Whichever is asked, the answer comes from the one that owns the user's
# partition: directly or by a redirect; and from the other once the owner is gone.
#
#   redirect_test.sh FRESHET
set -euo pipefail
freshet=$1
. "$(dirname "$0")/testing.sh" kcat curl

prepare 4 "" ", snapshots: {directory: $dir/snapshots, interval: 1s}" ", owners_topic: freshet.owners"
declare -A url
# The instance $1, with a state and a port of its own.
run_instance() {
  local http
  http=$(free_port)
  url[$1]=http://127.0.0.1:$http
  sed -e "s|directory: $dir/state|&-$1|" -e "s|directory: $dir/model|&-$1|" \
    -e "s|http: {port: 0}|http: {port: $http, advertised_url: \"${url[$1]}\"}|" "$dir/freshet.yaml" >"$dir/$1.yaml"
  "$freshet" run -c "$dir/$1.yaml" >"$dir/$1.log" 2>&1 &
}
run_instance a
a=$!
run_instance b
owned() { [ "$(grep -c 'assigned, from' "$dir/$1.log")" -ge "$2" ]; }
within 60 owned a 2 || fail "a has no partitions" "$dir/a.log"
within 60 owned b 2 || fail "b has no partitions" "$dir/b.log"

now=$(date +%s%3N)
for user in $(seq 12); do
  echo "walker-$user:{\"type\":\"click\",\"user_id\":\"walker-$user\",\"item_id\":\"item-1\",\"event_time\":$now}"
done | kcat -b "127.0.0.1:$port" -t freshet.events -P -K : -X partitioner=murmur2_random

# Asks instance $1 about user $2: "STATUS REDIRECTS", and the answer in answer.json.
ask() { curl -s -L -o "$dir/answer.json" -w '%{http_code} %{num_redirects}\n' "${url[$1]}/v1/users/$2"; }
knows() { [[ $(ask "$1" "$2") = "200 "* ]]; }
redirected=0
for user in $(seq 12); do
  for instance in a b; do
    within 30 knows $instance "walker-$user" || fail "$instance does not lead to walker-$user: $(ask $instance "walker-$user")" "$dir/$instance.log"
  done
  through_a=$(ask a "walker-$user")
  through_b=$(ask b "walker-$user")
  case "$through_a, $through_b" in
    "200 0, 200 1" | "200 1, 200 0") redirected=$((redirected + 1)) ;;
    *) fail "walker-$user: a says $through_a, b says $through_b" "$dir/answer.json" ;;
  esac
done
echo "both: all of 12 users are found through either, $redirected by one redirect"

kill $a
within 60 owned b 4 || fail "b does not take over" "$dir/b.log"
for user in $(seq 12); do
  within 30 knows b "walker-$user" || fail "b does not know walker-$user" "$dir/b.log"
  [ "$(ask b "walker-$user")" = "200 0" ] || fail "b sends those who ask for walker-$user away" "$dir/answer.json"
done
echo "one: b answers for all of them"
