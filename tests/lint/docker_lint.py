"""Dashboards are JSON, and every metric that docker/ or a page asks for is one the program has."""

import json
import re

from source_tree import all_files, problem, read

METRIC = re.compile(r"\bfreshet_(?:ingest|state|scoring|sinks|app)_[a-z0-9_]+")
HISTOGRAM_PARTS = re.compile(r"_(bucket|sum|count)$")


def check(root):
    files = all_files(root)
    sources = [n for n in files if n.endswith(("/metrics.cc", "/metrics.h"))]
    known = set(re.findall(r'"(freshet_[a-z0-9_]+)"', "".join(read(root, n) for n in sources)))
    problems = []
    for name in [n for n in files if n.startswith("docker/")]:
        text = read(root, name)
        if name.endswith(".json"):
            problems += json_faults(name, text)
        for number, line in enumerate(text.splitlines(), 1):
            for metric in METRIC.findall(line):
                if metric not in known and HISTOGRAM_PARTS.sub("", metric) not in known:
                    problems.append(problem(name, number, f"no metrics.cc has {metric}; mend the name"))
    return problems


def json_faults(name, text):
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        yield problem(name, error.lineno, f"is no JSON: {error.msg}")
