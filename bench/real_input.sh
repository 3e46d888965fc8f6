#!/usr/bin/env bash
# The main job on real input and a real broker: a file is replayed into Kafka, consumed, folded,
# learned; lists are read back from the output topic by another client (kcat).
#
#   bench/real_input.sh CONFIG RATE FILE...     RATE: records per second; 0 = as fast as possible
#
# CONFIG is one of config/*.yaml that takes ${FRESHET_BROKERS}. Prints the figures of the run.
set -euo pipefail
cd "$(dirname "$0")/.."
config=$1 rate=$2
shift 2
for file in "$config" "$@"; do
  [ -e "$file" ] || { echo "skipped: no $file here"; exit 0; }
done
freshet=${FRESHET:-build/dev/app/freshet}
scratch=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
export FRESHET_BROKERS=127.0.0.1:$port
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$scratch"' EXIT

tests/kafka/broker.sh run "$scratch/kafka" "$port:$((port + 1))" >"$scratch/kafka.log" 2>&1 &
until kcat -b "$FRESHET_BROKERS" -L -m 1 >/dev/null 2>&1; do sleep 0.2; done

python3 - "$config" "$scratch" <<'END'
import re, sys
text, scratch = open(sys.argv[1]).read(), sys.argv[2]
def put(section, lines):
    global text
    body = "".join(f"  {line}\n" for line in lines)
    if re.search(rf"^{section}:", text, re.M):
        text = re.sub(rf"^{section}:.*\n", f"{section}:\n{body}", text, count=1, flags=re.M)
    else:
        text += f"\n{section}:\n{body}"
put("state", [f"directory: {scratch}/state"])
put("scoring", [f"learning: {{directory: {scratch}/model}}"])
put("sinks", ["http: {port: 0}"])
open(f"{scratch}/freshet.yaml", "w").write(text)
END
"$freshet" topics create --config "$scratch/freshet.yaml" >/dev/null
"$freshet" run --config "$scratch/freshet.yaml" --live >"$scratch/run.log" 2>&1 &
run=$!
until grep -q console "$scratch/run.log"; do
  kill -0 $run 2>/dev/null || { cat "$scratch/run.log"; exit 1; }
  sleep 0.2
done
url=$(sed -n 's/^console: //p' "$scratch/run.log")

begin=$(date +%s.%N)
"$freshet" replay --config "$scratch/freshet.yaml" --to kafka --rate "$rate" "$@" 2>&1 | tail -1
until curl -fsS "${url}v1/status" | python3 -c '
import json, sys
s = json.load(sys.stdin)
lag = sum(p["lag_records"] for p in s["lag"])
sys.exit(0 if lag == 0 and s["events_total"] > 0 and s["events_per_second"] == 0 else 1)'; do
  sleep 0.5
done
end=$(date +%s.%N)
curl -fsS "${url}v1/status" >"$scratch/status.json"
curl -fsS "${url}metrics" >"$scratch/metrics"
rss=$(awk '/VmRSS/ {print $2}' /proc/$run/status)
kill $run
wait $run || true

lists=$(kcat -b "$FRESHET_BROKERS" -t freshet.recommendations -C -e -q -f '%k\n' | wc -l)
users=$(kcat -b "$FRESHET_BROKERS" -t freshet.recommendations -C -e -q -f '%k\n' | sort -u | wc -l)
letters=$(kcat -b "$FRESHET_BROKERS" -t freshet.dead-letters -C -e -q -f '%o\n' | wc -l)
state=$(du -sb "$scratch/state" | cut -f1)
python3 - "$scratch" "$begin" "$end" "$rss" "$lists" "$users" "$letters" "$state" <<'END'
import json, re, sys
scratch, begin, end, rss, lists, users, letters, state = sys.argv[1:]
s = json.load(open(f"{scratch}/status.json"))
seconds = float(end) - float(begin)
events, lists, users = s["events_total"], int(lists), int(users)
print(f"events           {events} in {seconds:.1f} s: {events / seconds:.0f}/s")
print(f"lists (kcat)     {lists}: {lists / seconds:.0f}/s, {users} users; dead letters {letters}")
q = s["quality"] if "quality" in s else s
for name in ("served", "popularity"):
    f = q[name]
    print(f"{name:<16} HR@20 {f['hit_rate_20']:.4f}  MRR@20 {f['mrr_20']:.4f}  NDCG@20 {f['ndcg_20']:.4f}")
print(f"judged           {s.get('judged_total')} events; figures are of the newest 10,000")
print(f"RSS              {int(rss) / 1024:.0f} MiB")
print(f"state            {int(state) / max(1, users):.0f} bytes on disk per user with a list")
metrics = open(f"{scratch}/metrics").read()
for name, what in (("event_to_list", "event in the log -> list acknowledged"),
                   ("model_freshness", "event in the log -> weights in scoring")):
    bucket = re.findall(name + r'_seconds_bucket\{le="([^"]+)"\} (\d+)', metrics)
    total = int(bucket[-1][1])
    for quantile in (0.5, 0.99):
        le = next(b for b, n in bucket if int(n) >= quantile * total)
        print(f"{name:<17} p{quantile * 100:.0f} <= {le} s ({what})")
END
