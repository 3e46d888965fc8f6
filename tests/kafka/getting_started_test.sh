#!/usr/bin/env bash
# Runs docs/getting-started.md: every `sh` block as written, in one shell and a scratch folder, against a real broker.
# A `text` block is what the block before it has to print; figures may differ, and so may what stands for "...".
#
#   getting_started_test.sh FRESHET DOCUMENT
set -euo pipefail
freshet=$(realpath "$1")
document=$(realpath "$2")
. "$(dirname "$0")/testing.sh" kcat

port=$(free_port)
start_broker "$port:$(free_port)"
export FRESHET_BROKERS=127.0.0.1:$port
FRESHET_PORT=$(free_port)
export FRESHET_PORT
mkdir "$dir/bin" "$dir/work"
ln -s "$freshet" "$dir/bin/freshet"

# One script of all blocks; each writes what it prints to a file of its own, and says which it is if it fails.
python3 - "$document" "$dir" <<'END'
import re, sys
document, dir = sys.argv[1:]
blocks = re.findall(r"^```(\w+)\n(.*?)^```$", open(document).read(), re.M | re.S)
script, count = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n", 0
for kind, text in blocks:
    if kind == "sh":
        count += 1
        script += f"echo {count} >{dir}/block\nexec >{dir}/{count}.out 2>&1\n{text}\n"
    elif kind == "text":
        open(f"{dir}/{count}.expected", "w").write(text)
assert count >= 5, "the document has lost its commands"
open(f"{dir}/script.sh", "w").write(script + "wait || true\n")
END
(cd "$dir/work" && PATH=$dir/bin:$PATH timeout -k 5 240 bash "$dir/script.sh") ||
  fail "block $(cat "$dir/block")" "$dir/$(cat "$dir/block").out"

for expected in "$dir"/*.expected; do
  python3 - "$expected" "${expected%expected}out" <<'END' || fail "the document shows other output"
import re, sys
def lines(path):
    text = re.sub(r"\d[\d.,:-]*", "9", open(path).read())
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]
shown, printed = lines(sys.argv[1]), lines(sys.argv[2])
at = 0
for line in shown:
    parts = [re.escape(part.strip()) for part in re.split(r"\.\.\.|…", line)]
    pattern = re.compile(".*".join(parts))
    at = next((k + 1 for k in range(at, len(printed)) if pattern.fullmatch(printed[k])), None)
    if at is None:
        sys.exit("not printed: " + line + "\nbut:\n" + open(sys.argv[2]).read()[:4000])
END
done
[ -s "$dir/work/lists.jsonl" ] || fail "no lists"
echo "1 of 1 passed"
