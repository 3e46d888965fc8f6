#!/usr/bin/env python3
"""Every panel, recording rule and alert of docker/, asked of a real Prometheus that scrapes a real run.

monitoring_test.py PROGRAM ROOT. Exit 77 = skipped, with the reason printed.
"""

import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from processes import Processes, free_ports
from queries import queries_of, selectors_of

WITHIN = 85  # Seconds until everything must have an answer; about 18 on two idle cores, 55 on full ones.

FRESHET = """\
ingest: {{kafka: {{brokers: "127.0.0.1:{kafka}", session_timeout: 6s}}}}
state: {{directory: state, snapshots: {{directory: snapshots, interval: 5s}}}}
scoring: {{learning: {{directory: model}}, network: {{enabled: true}}}}
sinks: {{kafka: {{brokers: "127.0.0.1:{kafka}", delivery_timeout: 4s}}, http: {{port: 0}}}}
"""


def why_skipped(root):
    for program in ("prometheus", "promtool"):
        if not shutil.which(program):
            return f"no {program} here (docker/install-packages.sh test)"
    check = subprocess.run([root / "tests/kafka/broker.sh", "check"], capture_output=True, text=True, check=False)
    return check.stdout.strip() if check.returncode else None


class Prometheus:
    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}/api/v1/"

    def get(self, path, **parameters):
        url = self.address + path + "?" + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            sys.exit(f"{parameters or path}: {json.load(error)['error']}")

    def is_up(self):
        try:
            urllib.request.urlopen(self.address + "status/runtimeinfo", timeout=1).close()
            return True
        except OSError:
            return False

    def values(self, query):
        """What the query answers now; samples that are not numbers do not count."""
        data = self.get("query", query=query)
        samples = [[None, data["result"]]] if data["resultType"] == "scalar" else [s["value"] for s in data["result"]]
        return [float(text) for _, text in samples if not math.isnan(float(text))]


class Run:
    """A broker, Freshet on a generated shop, and a Prometheus with the configuration that docker/ ships."""

    def __init__(self, program, root, directory):
        self.deadline = time.monotonic() + WITHIN
        self.program, self.root, self.directory = program, root, directory
        self.processes = Processes(directory)

    def start(self):
        client, controller, web = free_ports(3)
        self.processes.start("kafka", self.root / "tests/kafka/broker.sh", "run", self.directory / "kafka",
                             f"{client}:{controller}", 1)
        config = self.directory / "freshet.yaml"
        config.write_text(FRESHET.format(kafka=client))
        self.wait_for("the topics", lambda: self.create_topics(config))
        self.processes.start("freshet", self.program, "run", "--config", config)
        self.processes.start("shop", self.program, "generate", "--to-kafka", "--rate", 300, "--config", config)
        self.start_prometheus(web, self.wait_for("Freshet's address", self.freshet_address))
        prometheus = Prometheus(web)
        self.wait_for("Prometheus", prometheus.is_up)
        return prometheus

    def create_topics(self, config):
        return subprocess.run([self.program, "topics", "create", "--config", config], capture_output=True,
                              check=False).returncode == 0

    def freshet_address(self):
        found = re.search(r"http://(127\.0\.0\.1:\d+)", self.processes.log("freshet").read_text(errors="replace"))
        return found and found.group(1)

    def start_prometheus(self, port, target):
        shutil.copytree(self.root / "docker/prometheus", self.directory / "prometheus")
        config = self.directory / "prometheus/prometheus.yml"
        text = config.read_text()
        if text.count("freshet:8080") != 1:
            sys.exit("docker/prometheus/prometheus.yml names freshet:8080 not once: mend this test")
        config.write_text(re.sub(r"(_interval): \w+", r"\1: 1s", text.replace("freshet:8080", target)))
        self.processes.start("prometheus", "prometheus", "--config.file", config, "--storage.tsdb.path",
                             self.directory / "samples", "--web.listen-address", f"127.0.0.1:{port}")

    def wait_for(self, what, done):
        """Asks once a second, as often as the deadline allows, until `done` says something true; returns it."""
        while True:
            answer = done()
            if answer:
                return answer
            self.processes.expect_alive()
            if time.monotonic() > self.deadline:
                sys.exit(f"not within {WITHIN} s: {what() if callable(what) else what}")
            time.sleep(1)


def await_answers(run, prometheus, queries):
    """Until each query has an answer."""
    open_queries = dict(queries)

    def all_answered():
        for where, query in list(open_queries.items()):
            if prometheus.values(query):
                del open_queries[where]
        return not open_queries

    run.wait_for(lambda: "".join(f"\n  {where} has no data: {query}" for where, query in open_queries.items()),
                 all_answered)


def check_dashboards(run, prometheus):
    paths = sorted((run.root / "docker/grafana/dashboards").glob("*.json"))
    queries = [query for path in paths for query in queries_of(path)]
    asked = {f"{where} [{k}]": query for k, (where, query, may_be_empty) in enumerate(queries) if not may_be_empty}
    await_answers(run, prometheus, asked)
    for _, query, may_be_empty in queries:
        if may_be_empty:
            prometheus.values(query)
    print(f"{len(paths)} dashboards: {len(asked)} queries have data, {len(queries) - len(asked)} may be empty")


def check_rules(run, prometheus):
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    records = {rule["name"]: rule["name"] for rule in rules if rule["type"] == "recording"}
    alerts = {rule["name"]: rule["query"] for rule in rules if rule["type"] == "alerting"}
    named = {f"{alert} names {selector}": selector for alert, query in alerts.items()
             for selector in selectors_of(query)}
    if not records or not alerts or not named:
        sys.exit("Prometheus has loaded no rules: see rule_files in docker/prometheus/prometheus.yml")
    await_answers(run, prometheus, records | named)
    for name, query in alerts.items():
        prometheus.values(query)
    for rule in prometheus.get("rules")["groups"]:
        faults = [f'{one["name"]}: {one.get("lastError")}' for one in rule["rules"] if one["health"] == "err"]
        if faults:
            sys.exit("\n".join(faults))
    firing = prometheus.get("query", query='ALERTS{alertstate="firing"}')["result"]
    if firing:
        sys.exit(f"a healthy system fires {[alert['metric'] for alert in firing]}")
    print(f"{len(records)} recording rules have data; {len(alerts)} alerts can be asked, and none fires")


def main():
    program, root = (Path(argument).resolve() for argument in sys.argv[1:3])
    skipped = why_skipped(root)
    if skipped:
        print(f"skipped: {skipped}")
        return 77
    with tempfile.TemporaryDirectory(prefix="freshet-monitoring-", ignore_cleanup_errors=True) as directory:
        run = Run(program, root, Path(directory))
        try:
            prometheus = run.start()
            check_dashboards(run, prometheus)
            check_rules(run, prometheus)
        finally:
            run.processes.stop_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
