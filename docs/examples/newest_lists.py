#!/usr/bin/env python3
"""The consumer's side of the lists' rule: of each user the list with the largest (offset, epoch, revision) holds.

Lists come at least once, some late, some from an instance that lost its partition without knowing it;
by this rule none of them makes a user step back. A record without a value says that the user is
forgotten: lists up to its offset go, and lists of older epochs, which may not know of it, do not count
any more. Its offset and epoch stand in its headers, as a list's do. Reads values of the lists' topic, one
a line, and prints those that are news (removals have no value: a consumer of the topic calls forget()):

    kcat -b 127.0.0.1:9092 -C -t freshet.recommendations -u | python3 newest_lists.py
"""

import json
import math
import sys


class NewestLists:
    def __init__(self):
        self._held = {}  # User -> ((offset, epoch, revision), smallest epoch that counts, list or None).

    def take(self, ranked_list):
        """Takes a list; returns whether it is news. If not, the one that is held stays."""
        version = (ranked_list["offset"], ranked_list["epoch"], ranked_list["revision"])
        held = self._held.get(ranked_list["user_id"])
        epoch_min = held[1] if held else 0
        if held and (version <= held[0] or version[1] < epoch_min):
            return False
        self._held[ranked_list["user_id"]] = (version, epoch_min, ranked_list)
        return True

    def forget(self, user, offset, epoch):
        """Takes a record without a value; returns whether it is news. If not, what is held stays."""
        version, epoch_min, held_list = self._held.get(user, ((-1, 0, 0), 0, None))
        if epoch < epoch_min:
            return False
        removal = (offset, epoch, math.inf)  # Newer than every list of the same offset and epoch.
        is_news = removal >= version or version[1] < epoch
        self._held[user] = (removal, epoch, None) if is_news else (version, epoch, held_list)
        return is_news

    def list_of(self, user):
        """The list that holds; None = none has come."""
        held = self._held.get(user)
        return held and held[2]


def main():
    lists = NewestLists()
    for line in sys.stdin:
        if lists.take(json.loads(line)):
            print(line, end="", flush=True)


if __name__ == "__main__":
    main()
