#!/usr/bin/env python3
"""Runs one lint on a tree: lint.py include|size|word|docs|docker|format [ROOT]. Exit 77 = skipped."""

import importlib
import sys
from pathlib import Path


def main():
    lint = importlib.import_module(f"{sys.argv[1]}_lint")
    root = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parents[2]).resolve()
    skipped = lint.why_skipped() if hasattr(lint, "why_skipped") else None
    if skipped:
        print(f"skipped: {skipped}")
        return 77
    problems = list(lint.check(root))
    print("\n".join(problems) or f"{sys.argv[1]}: clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
