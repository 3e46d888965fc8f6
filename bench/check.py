#!/usr/bin/env python3
"""Runs the benchmarks of bench/ratios.json and fails when one of our ratios to its peer, both measured by turns in the same run, has
fallen 20 % below the recorded one: check.py BUILD_FOLDER [--record]."""

import json
import re
import subprocess
import sys
from pathlib import Path

FALL_MAX = 0.2
RECORD = Path(__file__).with_name("ratios.json")


def measure(folder, case):
    """Returns {row: ratio} of one program's table, a row being its first four columns."""
    command = [str(Path(folder) / case["program"]), *case["arguments"].split()]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    ratio = re.compile(r" %s \d+ \(([\d.]+)\)" % re.escape(case["peer"]))
    return {" ".join(line.replace("|", " ").split()[:4]): float(found.group(1))
            for line in lines if (found := ratio.search(line))}


def main():
    folder, record = sys.argv[1], "--record" in sys.argv
    cases, fallen = json.loads(RECORD.read_text()), 0
    for case in cases:
        measured = measure(folder, case)
        for row, before in case["ratios"].items() if not record else []:
            now = measured.get(row, 0.0)
            bad = now < (1 - FALL_MAX) * before
            fallen += bad
            print(f"{case['program']} {row} to {case['peer']}: {now:.2f}, recorded {before:.2f}{'  FALLEN' if bad else ''}")
        if record:
            case["ratios"] = measured
    if record:
        RECORD.write_text(json.dumps(cases, indent=1) + "\n")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
