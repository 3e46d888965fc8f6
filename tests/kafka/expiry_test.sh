#!/usr/bin/env bash
# A user who does not come back expires on a real broker: state and list go, over a kill -9 too; others stay, consent
# stays, and the user may come back.
#
#   expiry_test.sh FRESHET
set -euo pipefail
freshet=$1
. "$(dirname "$0")/testing.sh" kcat

prepare 1 ", users_topic: freshet.users" ", history_age_max: 10m"

# An event of each of the users "$2"..., $1 minutes from now.
event() {
  local time=$(($(date +%s%3N) + $1 * 60000))
  for user in "${@:2}"; do
    echo "$user:{\"event_id\":\"$user-$time\",\"type\":\"click\",\"user_id\":\"$user\",\"item_id\":\"item-1\",\"event_time\":$time}"
  done | kcat -b "127.0.0.1:$port" -t freshet.events -P -K :
}

has_state() {
  "$freshet" state find "$1" -c "$dir/freshet.yaml" >"$dir/find.log" 2>&1 || true # It fails where it finds something.
  grep -q "state/partition-.*a state" "$dir/find.log"
}
has_none() { ! has_state "$1"; }
lists() { kcat -b "127.0.0.1:$port" -t freshet.recommendations -C -e -q -f '%k %S\n' >"$dir/lists.log"; }
is_removed() { lists && grep -q "^$1 -1$" "$dir/lists.log"; }
is_opted_out() {
  kcat -b "127.0.0.1:$port" -t freshet.recommendations -C -e -q -f '%k %s\n' | tail -1 | grep -q '^idle .*opted_out'
}

start
echo 'idle:{"personalise":false}' | kcat -b "127.0.0.1:$port" -t freshet.users -P -K :
event -5 idle
event 0 one two three
within 60 has_state idle || fail "no state of a user" "$dir/find.log"
within 60 has_state three || fail "no state of another user" "$dir/run.log"

event 7 one two # Two users alone move nothing.
kill -9 $run
wait $run 2>/dev/null || true
start
event 8 one
has_lists() { lists && [ "$(grep -c "^one " "$dir/lists.log")" -gt "$1" ]; }
lists
within 60 has_lists "$(grep -c "^one " "$dir/lists.log")" || fail "nothing goes on after kill -9" "$dir/run.log"
has_state idle || fail "two users let another one expire" "$dir/run.log"

event 7 three
within 60 has_none idle || fail "an expired history is still stored" "$dir/run.log"
within 60 is_removed idle || fail "no record without a value removed the list" "$dir/lists.log"
for user in one two three; do
  has_state $user || fail "$user expired, too" "$dir/run.log"
  is_removed $user && fail "the list of $user was removed" "$dir/lists.log"
done

event 8 idle
within 60 has_state idle || fail "the user cannot come back" "$dir/run.log"
within 60 is_opted_out || fail "an expired history opted its user in again" "$dir/lists.log"
kill $run
wait $run || fail "the program did not end well" "$dir/run.log"
echo "1 of 1 passed"
