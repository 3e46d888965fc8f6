"""What dashboards ask Prometheus for, as queries that it can answer without Grafana."""

import json
import re

VARIABLES = {"$__rate_interval": "20s", "$__range": "1m", "$__interval": "15s", "$job": "freshet", "$instance": ".*",
             "${datasource}": "prometheus"}
LABEL_VALUES = re.compile(r"label_values\((.*), *(\w+)\)$")
SELECTOR = re.compile(r"\b((?:job:)?freshet_[a-z0-9_]+(?::[a-z0-9_]+)?|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:\\.|[^"\\])*)"')


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries_of(path):
    """Yields (where it stands, query, whether it may be empty)."""
    dashboard = json.loads(path.read_text())
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield f'{path.name}: panel "{panel["title"]}", {target["refId"]}', filled(target["expr"]), False
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = LABEL_VALUES.match(variable["query"]).groups()
            yield f'{path.name}: variable {variable["name"]}', f"count by ({label}) ({filled(selector)})", False
    for annotation in dashboard["annotations"]["list"]:
        yield f'{path.name}: annotation {annotation["name"]}', filled(annotation["expr"]), True


def filled(query):
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


def selectors_of(query):
    """The series that `query` names. What only excludes or matches by pattern may have none on a healthy system."""
    for name, matchers in SELECTOR.findall(query):
        exact = [f'{label}="{value}"' for label, kind, value in MATCHER.findall(matchers) if kind == "="]
        yield name + "{" + ",".join(exact) + "}"
