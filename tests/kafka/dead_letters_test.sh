#!/usr/bin/env bash
# Refused records on a real broker: `freshet dead-letters list` shows them, `replay` sends the mended ones back with
# their key, they are folded, and nothing goes back twice unnoticed.
#
#   dead_letters_test.sh FRESHET
set -euo pipefail
freshet=$1
. "$(dirname "$0")/testing.sh" kcat

prepare 3
letters() { "$freshet" dead-letters "$@" -c "$dir/freshet.yaml"; }
field() { python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line).get(sys.argv[1], ""))' "$1"; }

[ -z "$(letters list)" ] || fail "letters in an empty topic"

# Three bad records in partitions that no hash of theirs would choose, and one without a key that is no UTF-8.
send() { kcat -b "127.0.0.1:$port" -t freshet.events -P -p "$1" "${@:2}"; }
now=$(date +%s%3N)
for p in 0 1 2; do
  echo "walker-$p:{\"event_id\":\"e-$p\",\"type\":\"klick\",\"user_id\":\"walker-$p\",\"item_id\":\"kettle\",\"event_time\":$now}" |
    send $p -K :
done
printf '{"type":"\xff"}' | send 0
start
has() { [ "$(letters list "${@:2}" | wc -l)" -eq "$1" ]; }
within 60 has 4 || fail "four bad records are not four dead letters" "$dir/run.log"
has 3 --reason unknown_action || fail "--reason does not choose"
has 2 --count 2 || fail "--count does not choose"
has 4 --since 1h || fail "--since 1h leaves new ones out"
has 0 --since 2099-01-01 || fail "--since lets old ones through"
letters list --reason invalid_utf8 | grep value_base64 >/dev/null || fail "bytes that are no UTF-8 are not kept as they are"

# On a terminal people read a table with remedies.
on_a_terminal() { python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$@"; }
on_a_terminal "$freshet" dead-letters list -c "$dir/freshet.yaml" </dev/null >"$dir/table.log" || fail "list on a terminal" "$dir/table.log"
grep "came from" "$dir/table.log" >/dev/null || fail "no headings" "$dir/table.log"
grep "freshet.events/2:0" "$dir/table.log" >/dev/null || fail "the table does not say where it came from" "$dir/table.log"
grep "why .*unknown action" "$dir/table.log" >/dev/null || fail "the table does not say why" "$dir/table.log"
grep "key .*walker-2" "$dir/table.log" >/dev/null || fail "the table does not show the key" "$dir/table.log"

# What is not mended stays.
if letters replay --reason unknown_action --yes >"$dir/replay.log" 2>&1; then fail "sent what is still bad"; fi
grep -q "0 to send, 3 not" "$dir/replay.log" || fail "what is not mended goes" "$dir/replay.log"
grep -q "unknown action" "$dir/replay.log" || fail "it is not said why" "$dir/replay.log"

# Mended as an object for one, as text for the others.
letters list --json --reason unknown_action | python3 -c '
import json, sys
for k, line in enumerate(sys.stdin):
    letter = json.loads(line)
    value = json.loads(letter["value"])
    value["type"] = "click"
    letter["value"] = value if k == 0 else json.dumps(value)
    print(json.dumps(letter))' >"$dir/mended.jsonl"
if letters replay --file "$dir/mended.jsonl" </dev/null >"$dir/replay.log" 2>&1; then fail "sent without being told to"; fi
letters replay --file "$dir/mended.jsonl" --dry-run >"$dir/replay.log" 2>&1 || fail "dry run" "$dir/replay.log"
grep -q "click of walker-1 on kettle" "$dir/replay.log" || fail "the dry run does not show the event" "$dir/replay.log"
[ -z "$(letters list --reason unknown_action | field replayed_time)" ] || fail "a dry run left a note"
letters replay --file "$dir/mended.jsonl" --yes >"$dir/replay.log" 2>&1 || fail "replay" "$dir/replay.log"
grep -q "3 sent and acknowledged" "$dir/replay.log" || fail "not all were sent" "$dir/replay.log"

# They are folded, each in the partition it came from, under its key, and say where they come from.
is_known() { "$freshet" state find "walker-$1" -c "$dir/freshet.yaml" >"$dir/find.log" 2>&1 && return 1; grep -q "state/.*partition-$1.*a state" "$dir/find.log"; }
lists() { kcat -b "127.0.0.1:$port" -t freshet.recommendations -C -e -q -f '%k\n'; }
has_list() { lists | grep -qx "walker-$1"; }
for p in 0 1 2; do within 60 has_list $p || fail "walker-$p got no list" "$dir/run.log"; done
kcat -b "127.0.0.1:$port" -t freshet.events -C -e -q -o 1 -f '%p %k %h\n' >"$dir/events.log"
for p in 0 1 2; do
  grep -q "^$p walker-$p freshet-replayed-from=freshet.events/$p:0,freshet-dead-letter=freshet.dead-letters/0:" "$dir/events.log" ||
    fail "the record of walker-$p does not say where it comes from" "$dir/events.log"
done

# Twice: refused, and sent again only when told so; the event's id keeps it from counting twice.
noted() { letters list --reason unknown_action | field replayed_time | grep "^20"; }
within 30 noted || fail "list does not say that it was replayed"
if letters replay --file "$dir/mended.jsonl" --yes >"$dir/replay.log" 2>&1; then fail "sent twice unnoticed"; fi
[ "$(grep -c 'replayed on 20' "$dir/replay.log")" -eq 3 ] || fail "it is not said when it was replayed" "$dir/replay.log"
for answer in n y; do
  echo $answer | on_a_terminal "$freshet" dead-letters replay --file "$dir/mended.jsonl" --again -c "$dir/freshet.yaml" \
    >"$dir/replay-$answer.log" 2>&1 || true
  grep "Send 3 records?" "$dir/replay-$answer.log" >/dev/null || fail "it does not ask" "$dir/replay-$answer.log"
done
grep "nothing was sent" "$dir/replay-n.log" >/dev/null || fail "sent after a no" "$dir/replay-n.log"
grep "3 sent and acknowledged" "$dir/replay-y.log" >/dev/null || fail "--again" "$dir/replay-y.log"
place=$(letters list --reason invalid_utf8 | field dead_letter)
if letters replay --offset "$place" --yes >"$dir/replay.log" 2>&1; then fail "broken bytes went back"; fi
if letters replay --offset 0:4711 --yes >"$dir/replay.log" 2>&1; then fail "a letter that does not exist went back"; fi
kill $run
wait $run || fail "the program did not end well" "$dir/run.log"
for p in 0 1 2; do is_known $p || fail "walker-$p has no state in its own partition" "$dir/find.log"; done
echo "1 of 1 passed"
