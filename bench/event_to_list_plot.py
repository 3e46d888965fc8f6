#!/usr/bin/env python3
"""Draws event -> list against load: event_to_list_plot.py FILE.csv > docs/event-to-list.svg

The file is what bench/event_to_list_sweep.py prints, a row a load. Above the quantiles of event -> list and of the echo, below the
mean of each stage; the last part, from the acknowledgement to the consumer, is left out where the consumer had the list first.
"""

import csv
import math
import sys

WIDTH, LEFT, RIGHT = 860, 90, 16
TOP, HEIGHT, GAP, FOOT = 54, 260, 92, 30
QUANTILES = [("p50_us", "p50", "#1f6feb"), ("p99_us", "p99", "#d1480f"), ("p999_us", "p99.9", "#7a3e9d")]
STAGES = [("log", "into the log and out", "#9ec1f7"), ("decode", "decode", "#1f6feb"), ("fold", "fold", "#0b3d91"),
          ("commit", "commit", "#2b8a3e"), ("queue", "wait for scoring", "#f2c14e"), ("rank", "rank", "#d1480f"),
          ("encode", "encode", "#7a3e9d"), ("acknowledge", "to the broker, acknowledged", "#9aa0a6"),
          ("consumer", "to the consumer", "#d5d8dc")]


def duration(microseconds):
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:g} s"
    return f"{microseconds / 1e3:g} ms"


def text(x, y, words, style="", **more):
    attributes = "".join(f' {name}="{value}"' for name, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}"{attributes}>{words}</text>'


def line(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="grid"/>'


def centre(rows, k):
    """x of the middle of the row's column."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (k + 0.5) / len(rows)


def load_names(rows, y):
    for k, row in enumerate(rows):
        yield text(centre(rows, k), y, f"{float(row['load_percent']):g} %", "load")
        yield text(centre(rows, k), y + 14, f"{int(row['offered_per_s']):,}/s", "load")


def legend(entries, y):
    x = LEFT
    for label, colour, dash in entries:
        yield f'<line x1="{x}" y1="{y - 4}" x2="{x + 18}" y2="{y - 4}" stroke="{colour}" stroke-width="4" stroke-dasharray="{dash}"/>'
        yield text(x + 23, y, label)
        x += 36 + 6.4 * len(label)


def latencies(rows, top):
    """Quantiles over the loads, on a logarithmic scale: ours drawn through, the echo's dashed."""
    values = [float(row[f"{who}_{name}"]) for row in rows for name, _, _ in QUANTILES for who in ("list", "echo")]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    y = lambda v: top + HEIGHT * (high - math.log10(v)) / (high - low)
    yield text(LEFT, top - 30, "event → list (—) and echo (- -), by load", "title")
    yield from legend([(label, colour, "") for _, label, colour in QUANTILES], top - 12)
    for power in range(low, high + 1):
        yield line(LEFT, y(10**power), WIDTH - RIGHT, y(10**power))
        yield text(LEFT - 8, y(10**power) + 4, duration(10**power), "tick")
    for who, dash in (("list", ""), ("echo", "5 4")):
        for name, _, colour in QUANTILES:
            points = " ".join(f"{centre(rows, k):.1f},{y(float(row[f'{who}_{name}'])):.1f}" for k, row in enumerate(rows))
            yield f'<polyline points="{points}" stroke="{colour}" stroke-dasharray="{dash}"/>'
    yield from load_names(rows, top + HEIGHT + 16)


def stages(rows, top):
    """A bar a load, as parts of the whole: the loads differ by orders of magnitude."""
    yield text(LEFT, top - 60, "where the time goes, mean of each stage", "title")
    yield from legend([(label, colour, "") for _, label, colour in STAGES[:6]], top - 42)
    yield from legend([(label, colour, "") for _, label, colour in STAGES[6:]], top - 24)
    width = 0.62 * (WIDTH - LEFT - RIGHT) / len(rows)
    for percent in (0, 25, 50, 75, 100):
        at = top + HEIGHT * (1 - percent / 100)
        yield line(LEFT, at, WIDTH - RIGHT, at)
        yield text(LEFT - 8, at + 4, f"{percent} %", "tick")
    for k, row in enumerate(rows):
        parts = [max(0, float(row[f"{name}_us"])) for name, _, _ in STAGES]
        bottom = top + HEIGHT
        for (_, label, colour), part in zip(STAGES, parts):
            height = HEIGHT * part / sum(parts)
            bottom -= height
            x = centre(rows, k) - width / 2
            yield (f'<rect x="{x:.1f}" y="{bottom:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
                   f"<title>{label}: {part:,.0f} µs</title></rect>")
            if height > 13:
                yield text(centre(rows, k), bottom + height / 2 + 4, f"{part:,.0f} µs", "part")
        yield text(centre(rows, k), top - 2, duration(round(sum(parts), -1)), "load")
    yield from load_names(rows, top + HEIGHT + 16)


def draw(rows):
    second = TOP + HEIGHT + FOOT + GAP
    height = second + HEIGHT + FOOT + 12
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">'
    yield ("<style>.title{font-weight:bold}.tick{text-anchor:end;fill:#555}.load,.part{text-anchor:middle}.part{font-size:10px}"
           ".grid{stroke:#ddd}polyline{fill:none;stroke-width:2}</style>")
    yield f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    yield from latencies(rows, TOP)
    yield from stages(rows, second)
    yield "</svg>"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join(draw(list(csv.DictReader(file)))))
