#!/usr/bin/env python3
"""Records of a shop, one a line, `key|JSON`, for kcat -K '|': start_up_records.py items ITEMS, or events USERS ITEMS.

Every item has a title, a category, a brand and a price; every user one event, and a fifth of them one more. The same
numbers give the same records.
"""

import json
import random
import sys

WORDS = [a + b for a in "ba ce di fo gu ka le mi no pu ra se ti vo zu".split()
         for b in "bel cor dan fin gol kat lim mar nor pel".split()]
START_MS = 1_750_000_000_000


def items(count):
    random.seed(1)
    for number in range(count):
        kind = number % 500  # What stands side by side in numbers is looked at together, too.
        title = " ".join(random.choice(WORDS) for _ in range(4)) + f" {kind} {number}"
        yield f"i{number}", {"item_id": f"i{number}", "title": title, "category": [f"group {kind % 25}", f"kind {kind}"],
                             "brand": f"brand {random.randrange(2000)}", "price": 1 + number % 300,
                             "updated_time": START_MS}


def events(users, item_count):
    random.seed(2)
    for number in range(users + users // 5):
        user = number if number < users else random.randrange(users // 5)
        home = user * 2654435761 % item_count
        item = (home + random.randrange(40)) % item_count
        yield f"u{user}", {"event_id": f"e{number}", "type": "click", "user_id": f"u{user}", "item_id": f"i{item}",
                           "event_time": START_MS + number}


def main():
    if sys.argv[1:2] == ["items"] and len(sys.argv) == 3:
        records = items(int(sys.argv[2]))
    elif sys.argv[1:2] == ["events"] and len(sys.argv) == 4:
        records = events(int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(__doc__)
    for key, value in records:
        print(f"{key}|{json.dumps(value)}")


if __name__ == "__main__":
    main()
