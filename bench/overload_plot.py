#!/usr/bin/env python3
"""Draws the figures of an overload run: overload_plot.py FILE.csv > docs/overload.svg

The file is what tests/fault/overload_test writes to FRESHET_OVERLOAD_CSV, a row a second.
"""

import csv
import sys

WIDTH, LEFT, RIGHT = 860, 90, 16
HEIGHT, GAP, TOP = 120, 44, 34
COLOURS = ["#1f6feb", "#d1480f", "#2b8a3e"]

# Title of a panel, and the columns it shows with their names.
PANELS = [
    ("records per second", [("offered_per_s", "written"), ("events_per_s", "folded"),
                            ("lists_per_s", "lists")]),
    ("lag, records", [("lag", "lag")]),
    ("resident memory, MiB", [("rss_mib", "RSS")]),
    ("event in the log → list, s", [("p50_ms", "p50"), ("p99_ms", "p99")]),
    ("fold → list, s", [("inside_ms", "owed / lists per s")]),
]


def nice(value):
    """The next of 1, 2, 5 · 10ⁿ."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= value:
                return factor * step
        step *= 10


def panel(rows, title, columns, top):
    scale = 0.001 if columns[0][0].endswith("_ms") else 1
    series = [[float(row[name]) * scale for row in rows] for name, _ in columns]
    seconds = [int(row["second"]) for row in rows]
    highest = nice(max(1, max(max(values) for values in series)))
    x = lambda s: LEFT + (WIDTH - LEFT - RIGHT) * s / max(1, seconds[-1])
    y = lambda v: top + HEIGHT - HEIGHT * v / highest
    yield f'<text x="{LEFT}" y="{top - 8}" class="title">{title}</text>'
    for part in range(3):
        value = highest * part / 2
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" class="grid"/>'
        yield f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" class="tick">{value:,.10g}</text>'
    for k, ((_, label), values) in enumerate(zip(columns, series)):
        points = " ".join(f"{x(s):.1f},{y(v):.1f}" for s, v in zip(seconds, values))
        yield f'<polyline points="{points}" stroke="{COLOURS[k]}"/>'
        yield (f'<text x="{WIDTH - RIGHT - 110 * (len(columns) - k - 1)}" y="{top - 8}" '
               f'class="name" fill="{COLOURS[k]}">{label}</text>')


def draw(rows):
    height = TOP + len(PANELS) * (HEIGHT + GAP)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
           f'font-family="sans-serif" font-size="12">')
    yield ("<style>.title{font-weight:bold}.tick{text-anchor:end;fill:#555}.name{text-anchor:end}"
           ".grid{stroke:#ddd}polyline{fill:none;stroke-width:1.5}</style>")
    yield f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    for k, (title, columns) in enumerate(PANELS):
        yield from panel(rows, title, columns, TOP + k * (HEIGHT + GAP))
    last = int(rows[-1]["second"])
    for part in range(5):
        at = LEFT + (WIDTH - LEFT - RIGHT) * part / 4
        yield (f'<text x="{at:.0f}" y="{height - 22}" text-anchor="middle" fill="#555">'
               f'{last * part // 4} s</text>')
    yield "</svg>"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join(draw(list(csv.DictReader(file)))))
