#!/usr/bin/env python3
"""The consumer's side of the lists' rule: of each user the list with the largest (offset, epoch) holds.

Lists come at least once, some late, some from an instance that lost its partition without knowing it;
by this rule none of them makes a user step back. Reads values of the lists' topic, one a line, and
prints those that are news:

    kcat -b 127.0.0.1:9092 -C -t freshet.recommendations -u | python3 newest_lists.py
"""

import json
import sys


class NewestLists:
    def __init__(self):
        self._lists = {}  # User -> ((offset, epoch), list).

    def take(self, ranked_list):
        """Takes a list; returns whether it is news. If not, the one that is held stays."""
        position = (ranked_list["offset"], ranked_list["epoch"])
        held = self._lists.get(ranked_list["user_id"])
        if held and position <= held[0]:
            return False
        self._lists[ranked_list["user_id"]] = (position, ranked_list)
        return True

    def list_of(self, user):
        """The list that holds; None = none has come."""
        held = self._lists.get(user)
        return held and held[1]


def main():
    lists = NewestLists()
    for line in sys.stdin:
        if lists.take(json.loads(line)):
            print(line, end="", flush=True)


if __name__ == "__main__":
    main()
