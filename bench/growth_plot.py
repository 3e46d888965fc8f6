#!/usr/bin/env python3
"""Draws how costs grow: growth_plot.py FILE.csv DIRECTORY writes DIRECTORY/growth.svg.

FILE is what bench/growth.sh writes: a row per quantity and size. A panel per quantity; the size on a logarithmic axis. Needs
nothing but Python.
"""

import csv
import math
import sys
from pathlib import Path

COLUMNS = 3
WIDTH, HEIGHT, LEFT, TOP, GAP_X, GAP_Y = 250, 170, 54, 70, 62, 82
LINES = [("list_us", "list", "#1f6feb"), ("learn_us", "event: learn", "#d1480f"), ("fold_us", "event: fold, commit", "#2b8a3e")]
TITLES = {"users": "users on disk", "items": "items, described", "ids": "items, content off", "partitions": "partitions",
          "history": "events in a user's history", "sessions": "sessions learned"}


def nice(value):
    """The next of 1, 2, 5 · 10ⁿ."""
    step = 10 ** math.floor(math.log10(value))
    return next(factor * step for factor in (1, 2, 5, 10) if factor * step >= value)


def short(size):
    for unit, word in [(1_000_000, " M"), (1_000, " k")]:
        if size >= unit:
            return f"{size / unit:g}{word}"
    return f"{size:g}"


def panel(left, top, title, rows):
    sizes = [float(row["size"]) for row in rows]
    highest = nice(max(float(row[name]) for row in rows for name, _, _ in LINES))
    low, high = math.log(sizes[0]), math.log(sizes[-1])
    x_of = lambda size: left + WIDTH * (math.log(size) - low) / (high - low or 1)
    y_of = lambda value: top + HEIGHT - HEIGHT * value / highest
    yield f'<text x="{left}" y="{top - 10}" class="title">{title}</text>'
    for part in range(3):
        y = y_of(highest * part / 2)
        yield f'<line x1="{left}" x2="{left + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" class="tick" text-anchor="end">{highest * part / 2:g}</text>'
    for size in sizes:
        yield f'<text x="{x_of(size):.1f}" y="{top + HEIGHT + 16}" class="tick" text-anchor="middle">{short(size)}</text>'
    for name, label, colour in LINES:
        points = [(x_of(float(row["size"])), y_of(float(row[name])), row) for row in rows]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        yield f'<polyline points="{line}" stroke="{colour}"/>'
        for x, y, row in points:
            yield (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"><title>{short(float(row["size"]))}: '
                   f'{label} {float(row[name]):g} µs</title></circle>')


def draw(quantities):
    down = -(-len(quantities) // COLUMNS)
    width, height = LEFT + COLUMNS * (WIDTH + GAP_X), TOP + down * (HEIGHT + GAP_Y) - 40
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">'
    yield ("<style>.title{font-weight:bold}.tick{fill:#555;font-size:11px}.grid{stroke:#ddd}"
           "polyline{fill:none;stroke-width:1.8}</style>")
    yield f'<rect width="{width}" height="{height}" fill="white"/>'
    yield f'<text x="{LEFT}" y="24">CPU time per event and per list, µs</text>'
    for place, (_, label, colour) in enumerate(LINES):
        yield f'<text x="{LEFT + 300 + 150 * place}" y="24" fill="{colour}">{label}</text>'
    for place, (quantity, rows) in enumerate(quantities.items()):
        left, top = LEFT + place % COLUMNS * (WIDTH + GAP_X), TOP + place // COLUMNS * (HEIGHT + GAP_Y)
        yield from panel(left, top, TITLES.get(quantity, quantity), rows)
    yield "</svg>"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    quantities = {}
    with open(sys.argv[1], encoding="utf-8") as file:
        for row in csv.DictReader(file):
            quantities.setdefault(row["quantity"], []).append(row)
    if not quantities:
        sys.exit(f"growth_plot.py: no rows in {sys.argv[1]}")
    Path(sys.argv[2], "growth.svg").write_text("\n".join(draw(quantities)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
