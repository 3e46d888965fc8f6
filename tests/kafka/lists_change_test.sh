#!/usr/bin/env bash
# Lists change without an event of their user, on a real broker: an item that stands in a user's list becomes unavailable, and
# the list that holds by the consumer's rule no longer has it, at the same offset. What goes with an item stands in the
# related topic, and goes with the item.
#
#   lists_change_test.sh FRESHET NEWEST_LISTS_PY
set -euo pipefail
freshet=$1
consumer=$2
. "$(dirname "$0")/testing.sh" kcat

prepare 2 "" "" ", related_topic: freshet.related"
"$freshet" run -c "$dir/freshet.yaml" >"$dir/run.log" 2>&1 &

write() { kcat -b "127.0.0.1:$port" -t "$1" -P -K : -Z -X partitioner=murmur2_random; }

now=$(date +%s%3N)
for user in 1 2 3 4 5 6; do
  for item in $(seq 1 $((user + 3))); do
    echo "walker-$user:{\"event_id\":\"$user-$item\",\"type\":\"click\",\"user_id\":\"walker-$user\",\"item_id\":\"item-$item\",\"event_time\":$now}"
  done
done | write freshet.events

# The list of a user that holds, as JSON.
list_of() {
  kcat -b "127.0.0.1:$port" -t freshet.recommendations -C -e -q -u 2>/dev/null | python3 "$consumer" |
    grep "\"user_id\":\"$1\"" | tail -1
}
has_items() { list_of "$1" >"$dir/list.json" && grep -q '"items":\[{"item_id":' "$dir/list.json"; }
at() { python3 -c "import json, sys; print(json.load(open('$dir/list.json'))$1)"; }
# The first lists may be from before anything was learned: they are empty, and one more event gives others.
for user in 1 2 3; do within 60 list_of walker-$user || fail "no list of walker-$user" "$dir/run.log"; done
read -rt 2 <> <(:) || true
for user in 1 2 3; do
  echo "walker-$user:{\"event_id\":\"$user-more\",\"type\":\"click\",\"user_id\":\"walker-$user\",\"item_id\":\"item-1\",\"event_time\":$now}"
done | write freshet.events
for user in 1 2 3; do within 60 has_items walker-$user || fail "an empty list of walker-$user" "$dir/list.json"; done
has_items walker-1
item=$(at '["items"][0]["item_id"]')
offset=$(at '["offset"]')
revision=$(at '["revision"]')
echo "before: $item leads the list of offset $offset, revision $revision"

is_related() { kcat -b "127.0.0.1:$port" -t freshet.related -C -e -q -Z -f '%k %s\n' | grep "^$item " | tail -1 | grep -q "$1"; }
within 60 is_related '"related":\[{' || fail "nothing goes with $item in the related topic" "$dir/run.log"

echo "$item:{\"item_id\":\"$item\",\"available\":false}" | write freshet.items
is_without() { list_of walker-1 >"$dir/list.json" && ! grep -q "\"item_id\":\"$item\"" "$dir/list.json"; }
within 60 is_without || fail "$item is still in the list" "$dir/run.log"
[ "$(at '["offset"]')" = "$offset" ] || fail "the list is of another event" "$dir/list.json"
[ "$(at '["revision"]')" -gt "$revision" ] || fail "the revision did not grow" "$dir/list.json"
echo "after: the list of offset $offset, revision $(at '["revision"]') has no $item"

echo "$item:" | write freshet.items
within 60 is_related NULL || fail "the related topic still has $item" "$dir/run.log"
echo "removed: no record of $item in the related topic"
