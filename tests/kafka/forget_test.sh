#!/usr/bin/env bash
# A user is forgotten on a real broker: events in, lists and snapshots out, `freshet forget`, and `freshet state find`
# proves that no trace is left, over a kill -9 and a restart too; others stay, and the user may come back.
#
#   forget_test.sh FRESHET
set -euo pipefail
freshet=$1
. "$(dirname "$0")/testing.sh" kcat

prepare 2 ", users_topic: freshet.users" ", snapshots: {directory: $dir/snapshots, interval: 1s, keep: 1}"

# Events of user $1 on items $2 to $3; as Java producers, the key decides the partition.
events() {
  local now
  now=$(date +%s%3N)
  for item in $(seq "$2" "$3"); do
    echo "$1:{\"event_id\":\"$1-$item\",\"type\":\"click\",\"user_id\":\"$1\",\"item_id\":\"item-$item\",\"event_time\":$now}"
  done | kcat -b "127.0.0.1:$port" -t freshet.events -P -K : -X partitioner=murmur2_random
}

find_user() { "$freshet" state find "$1" -c "$dir/freshet.yaml" "${@:2}"; }
is_everywhere() { # State, snapshot and list.
  find_user "$1" >"$dir/find.log" 2>&1 && return 1
  grep -q "state/partition-.*a state" "$dir/find.log" && grep -q "manifests/.*a state" "$dir/find.log" &&
    grep -q "freshet.recommendations/.*a list" "$dir/find.log"
}

start
events walker-1 1 5
events walker-2 1 5
within 60 is_everywhere walker-1 || fail "no state, snapshot and list of a user" "$dir/find.log"
within 60 is_everywhere walker-2 || fail "no state, snapshot and list of another user" "$dir/find.log"
echo "before: $(wc -l <"$dir/find.log") lines of traces"

"$freshet" forget walker-1 -c "$dir/freshet.yaml" >"$dir/forget.log" 2>&1 || fail "forget" "$dir/forget.log"
if ! within 60 find_user walker-1; then
  find_user walker-1 >"$dir/find.log" 2>&1 || true
  fail "traces are left" "$dir/find.log"
fi
find_user walker-1 --json | grep -q '"traces":\[\]' || fail "the JSON names traces"
is_everywhere walker-2 || fail "another user was forgotten too" "$dir/find.log"
echo "after: $(find_user walker-1 | tail -1)"

kill -9 $run
wait $run 2>/dev/null || true
start
events walker-2 6 9 # Something to go on with, and to snapshot.
newest_offsets() { kcat -b "127.0.0.1:$port" -t freshet.recommendations -C -e -q -f '%k\n' | grep -c walker-2; }
lists=$(newest_offsets)
more_lists() { [ "$(newest_offsets)" -gt "$lists" ]; }
within 60 more_lists || fail "nothing goes on after kill -9" "$dir/run.log"
find_user walker-1 >"$dir/find.log" 2>&1 || fail "the user is back after kill -9" "$dir/find.log"

events walker-1 7 7
within 60 is_everywhere walker-1 || fail "the user cannot come back" "$dir/find.log"
kill $run
wait $run || fail "the program did not end well" "$dir/run.log"
kcat -b "127.0.0.1:$port" -t freshet.recommendations -C -e -q -f '%k %S\n' >"$dir/lists.log"
grep -q "^walker-1 -1$" "$dir/lists.log" || fail "no record without a value removed the list" "$dir/lists.log"
echo "1 of 1 passed"
