#!/usr/bin/env python3
"""Draws the relevance-diversity curve from what rerank_quality prints.

rerank_quality EVENTS | diversity_curve.py > curve.svg: NDCG@20 against intra-list diversity, and against coverage at 20,
a line per measure of variety. Needs nothing but Python.
"""

import sys

COLOURS = ["#2563eb", "#d97706", "#059669", "#9333ea"]
WIDTH, HEIGHT, MARGIN, GAP = 400, 300, 56, 40


def read_curves(lines):
    """Returns [(method, [(dial, NDCG@20, intra-list diversity, coverage@20)])] of the rows of the diversity dial."""
    curves = {}
    for line in lines:
        words = line.split()
        if words[1:3] == ["relevance", "alone"]:
            dial, figures = 0, words[3:]
        elif words[1:2] == ["diversity"]:
            dial, figures = float(words[2]), words[3:]
        else:
            continue
        ndcg, _, variety, coverage = map(float, figures[:4])
        curves.setdefault(words[0], []).append((dial, ndcg, variety, coverage))
    return sorted(curves.items())


def scale(values, begin, end):
    low, high = min(values), max(values)
    pad = (high - low or abs(high) or 1) * 0.06
    low, high = low - pad, high + pad
    return lambda value: begin + (end - begin) * (value - low) / (high - low), low, high


def panel(left, curves, column, title):
    xs = [point[column] for _, curve in curves for point in curve]
    ys = [point[1] for _, curve in curves for point in curve]
    x_of, x_low, x_high = scale(xs, left, left + WIDTH)
    y_of, y_low, y_high = scale(ys, MARGIN + HEIGHT, MARGIN)
    yield f'<rect x="{left}" y="{MARGIN}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#94a3b8"/>'
    yield f'<text x="{left + WIDTH / 2}" y="{MARGIN + HEIGHT + 40}" text-anchor="middle">{title}</text>'
    for part in (0.1, 0.5, 0.9):
        x, y = x_low + part * (x_high - x_low), y_low + part * (y_high - y_low)
        yield f'<text x="{x_of(x):.1f}" y="{MARGIN + HEIGHT + 20}" text-anchor="middle" class="tick">{x:.3f}</text>'
        yield f'<text x="{left - 6}" y="{y_of(y) + 4:.1f}" text-anchor="end" class="tick">{y:.4f}</text>'
        yield f'<line x1="{left}" x2="{left + WIDTH}" y1="{y_of(y):.1f}" y2="{y_of(y):.1f}" stroke="#e2e8f0"/>'
    for (name, curve), colour in zip(curves, COLOURS):
        line = " ".join(f"{x_of(point[column]):.1f},{y_of(point[1]):.1f}" for point in curve)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for point in curve:
            x, y = x_of(point[column]), y_of(point[1])
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{name} {point[0]:g}</title></circle>'
            yield f'<text x="{x + 5:.1f}" y="{y - 5:.1f}" class="tick" fill="{colour}">{point[0]:g}</text>'


def main():
    curves = read_curves(sys.stdin)
    if not curves:
        sys.exit(__doc__)
    width, height = 2 * WIDTH + 3 * MARGIN + GAP, HEIGHT + 2 * MARGIN + 10
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">')
    print('<style>.tick{font-size:10px}</style>')
    print(f'<rect width="{width}" height="{height}" fill="white"/>')
    print(f'<text x="{MARGIN}" y="20">NDCG@20, by the setting of the dial</text>')
    for place, ((name, _), colour) in enumerate(zip(curves, COLOURS)):
        print(f'<text x="{MARGIN + 300 + 150 * place}" y="20" fill="{colour}">{name}</text>')
    for left, column, title in [(MARGIN, 2, "intra-list diversity"), (WIDTH + 2 * MARGIN + GAP, 3, "coverage at 20")]:
        print("\n".join(panel(left, curves, column, title)))
    print("</svg>")


if __name__ == "__main__":
    main()
