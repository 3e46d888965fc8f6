"""The reference consumer takes and refuses the samples as they say, also as a program."""

import json
import subprocess
import sys
from pathlib import Path

consumer, samples = map(Path, sys.argv[1:])
sys.path.insert(0, str(consumer.parent))
from newest_lists import NewestLists  # noqa: E402

lists, held, values = NewestLists(), {}, []
for line in samples.read_text().splitlines():
    if line.startswith("#"):
        continue
    user, offset, epoch, revision, name, is_news = line.split()
    if name == "(removal)":
        assert lists.forget(user, int(offset), int(epoch)) == (is_news == "yes"), line
        if is_news == "yes":
            held[user] = None
        continue
    value = {"user_id": user, "offset": int(offset), "epoch": int(epoch), "revision": int(revision), "items": [name]}
    assert lists.take(value) == (is_news == "yes"), line
    values.append(json.dumps(value))
    if is_news == "yes":
        held[user] = value
assert values
for user, value in held.items():
    assert lists.list_of(user) == value, user
assert lists.list_of("nobody") is None

# The program reads values alone.
alone = NewestLists()
news = [value for value in values if alone.take(json.loads(value))]
printed = subprocess.run([sys.executable, "-B", str(consumer)], input="\n".join(values) + "\n",
                         capture_output=True, text=True, check=True).stdout
assert printed.splitlines() == news, printed
print(f"{len(values)} lists, {len(news)} news")
