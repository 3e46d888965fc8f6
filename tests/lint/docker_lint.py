"""Dashboards are JSON, explain each panel, and ask for metrics that the program has; each alert has a runbook,
a line in the table of alerts, and a test."""

import json
import re

from source_tree import all_files, problem, read

METRIC = re.compile(r"\bfreshet_(?:ingest|state|scoring|sinks|app)_[a-z0-9_]+")
HISTOGRAM_PARTS = re.compile(r"_(bucket|sum|count)$")
ALERT = re.compile(r"^ *- alert: (\w+)$")
SEVERITY = re.compile(r"^ *labels: \{severity: (\w+)\}$")
ALERTS = "docker/prometheus/alerts.yml"
RUNBOOK = "docs/operations.md"
ALERT_TABLE = "docs/monitoring.md"
ALERT_TESTS = "tests/monitoring/alerts_test.yml"


def check(root):
    files = all_files(root)
    sources = [n for n in files if n.endswith(("/metrics.cc", "/metrics.h"))]
    known = set(re.findall(r'"(freshet_[a-z0-9_]+)"', "".join(read(root, n) for n in sources)))
    problems = list(alert_faults(root, files))
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
        document = json.loads(text)
    except json.JSONDecodeError as error:
        yield problem(name, error.lineno, f"is no JSON: {error.msg}")
        return
    for panel in document.get("panels", []) if isinstance(document, dict) else []:
        line = text[:text.find(f'"title": {json.dumps(panel.get("title"), ensure_ascii=False)}')].count("\n") + 1
        if panel.get("type") != "row" and not panel.get("description"):
            yield problem(name, line, f'panel "{panel.get("title")}" has no description; say what to look for')
        if panel.get("type") != "row" and not panel.get("fieldConfig", {}).get("defaults", {}).get("unit"):
            yield problem(name, line, f'panel "{panel.get("title")}" has no unit')


def alert_faults(root, files):
    """Alerts without a section in the runbook or without a test, and sections without an alert."""
    if ALERTS not in files:
        return
    runbook = read(root, RUNBOOK) if RUNBOOK in files else ""
    tests = read(root, ALERT_TESTS) if ALERT_TESTS in files else ""
    table = read(root, ALERT_TABLE) if ALERT_TABLE in files else ""
    lines = read(root, ALERTS).splitlines()
    alerts = {found.group(1): number for number, line in enumerate(lines, 1) if (found := ALERT.match(line))}
    severities = [found.group(1) for line in lines if (found := SEVERITY.match(line))]
    for (alert, number), severity in zip(alerts.items(), severities):
        if f"[{alert}](operations.md#alert-{alert.lower()}) | {severity} |" not in table:
            yield problem(ALERTS, number, f"{ALERT_TABLE} does not list {alert} as a {severity}")
    for alert, number in alerts.items():
        if f"### Alert {alert}\n" not in runbook:
            yield problem(ALERTS, number, f'{RUNBOOK} has no section "### Alert {alert}"; write what to do')
        if f"runbook_url: {RUNBOOK}#alert-{alert.lower()}" not in (line.strip() for line in lines):
            yield problem(ALERTS, number, f"{alert} has no runbook_url: {RUNBOOK}#alert-{alert.lower()}")
        if f'alertname="{alert}"' not in tests:
            yield problem(ALERTS, number, f"{ALERT_TESTS} has no test of {alert}")
    for number, line in enumerate(runbook.splitlines(), 1):
        if line.startswith("### Alert ") and line.removeprefix("### Alert ") not in alerts:
            yield problem(RUNBOOK, number, f"{ALERTS} has no such alert; mend the heading")
