#!/usr/bin/env python3
"""Event -> list against load, beside a bare echo on the same broker, and the stages of the way.

    bench/event_to_list_sweep.py [--seconds 55] [--loads 10,25,50,75,100,120] > build/event_to_list.csv

Starts a broker and `freshet run`, finds what the machine sustains, then sends shares of that. Capacity: events come by the clock, a
tenth more of the rate with 256 events always waiting each time, as long as half of the lists take at most 100 ms, which no queue that
grows does for long. A row of the CSV is a load; bench/event_to_list_plot.py draws it. With the defaults some ten minutes; `--seconds 5
--loads 50` tries it. Broker, program and measuring client share the machine: its capacity is that of all three.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/monitoring"))
from processes import Processes, free_ports  # noqa: E402

STAGES = ["log", "decode", "fold", "commit", "queue", "rank", "encode", "acknowledge"]
STAGE_METRIC = "freshet_sinks_event_to_list_stage_seconds"
LATENCIES = ["mean_us", "p50_us", "p99_us", "p999_us"]
START_SECONDS_MAX = 60
IN_FLIGHT_AT_MOST = 256
SUSTAINED_P50_US_MAX = 100_000


class Rig:
    """A broker and the program on it, as long as `processes` run."""

    def __init__(self, build, processes, scoring):
        self.build, self.processes, self.directory = build, processes, processes.directory
        client, controller = free_ports(2)
        self.brokers = f"127.0.0.1:{client}"
        self.processes.start("broker", ROOT / "tests/kafka/broker.sh", "run", self.directory / "kafka", f"{client}:{controller}")
        self.wait("broker", lambda: self.call("kcat", "-b", self.brokers, "-L", "-m", "1").returncode == 0)
        self.create_topics(self.configuration("echo", "freshet.echo", {}))
        configuration = self.configuration("run", "freshet.events", scoring)
        self.create_topics(configuration)
        self.processes.start("run", build / "app/freshet", "run", "--config", configuration)
        self.wait("run", lambda: len(re.findall(": assigned", self.processes.log("run").read_text())) == 4)
        self.url = re.search(r"http://\S+/", self.processes.log("run").read_text()).group()

    def configuration(self, name, events_topic, scoring):
        # JSON is YAML, too.
        kafka = {"brokers": self.brokers, "group": name, "events_topic": events_topic, "items_topic": ""}
        text = {"ingest": {"kafka": kafka}, "state": {"directory": str(self.directory / f"state.{name}")},
                "scoring": {"learning": {"directory": str(self.directory / f"model.{name}")}, **scoring},
                "sinks": {"kafka": {"brokers": self.brokers}, "http": {"port": 0}}}
        path = self.directory / f"{name}.yaml"
        path.write_text(json.dumps(text))
        return path

    def create_topics(self, configuration):
        answer = self.call(self.build / "app/freshet", "topics", "create", "--config", configuration, "--partitions", "4")
        if answer.returncode != 0:
            sys.exit(f"no topics: {answer.stdout}{answer.stderr}")

    @staticmethod
    def call(*command):
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)

    def wait(self, name, is_ready):
        deadline = time.monotonic() + START_SECONDS_MAX
        while not is_ready():
            self.processes.expect_alive()
            if time.monotonic() > deadline:
                sys.exit(f"{name} is not ready after {START_SECONDS_MAX} s; the end of its log:\n{self.processes.tail(name)}")
            time.sleep(0.2)

    def metrics(self):
        """{"name{labels}": value} of everything that the program tells now."""
        with urllib.request.urlopen(self.url + "metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}

    def send(self, seconds, *arguments):
        """Runs the client; returns what it saw and what the program's metrics rose by."""
        command = [self.build / "bench/event_to_list", "--brokers", self.brokers, "--seconds", seconds, "--json", *arguments]
        with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as client:
            client.stdout.readline()  # The warm-up is over.
            before = self.metrics()
            seen = client.stdout.readline()
        self.processes.expect_alive()
        if client.returncode != 0:
            sys.exit("event_to_list failed")
        after = self.metrics()
        return json.loads(seen), {name: value - before.get(name, 0) for name, value in after.items()}


def mean(rise, name, labels=""):
    count = rise[f"{name}_count{labels}"]
    return rise[f"{name}_sum{labels}"] / count if count else 0.0


def fallback_percent(rise):
    lists = {name: count for name, count in rise.items() if name.startswith("freshet_scoring_lists_total")}
    full = lists['freshet_scoring_lists_total{fallback="none"}']
    return 100 * (1 - full / max(1, sum(lists.values())))


def row_of(load, offered, seen, rise):
    row = {"load_percent": load, "offered_per_s": round(offered), "answered_per_s": round(seen["list"]["answered_per_s"])}
    for name in ("echo", "list"):
        row[f"{name}_count"] = seen[name]["answered"]
        row |= {f"{name}_{latency}": seen[name][latency] for latency in LATENCIES}
    row["unanswered"] = seen["list"]["unanswered"]
    stages = {stage: 1e6 * mean(rise, STAGE_METRIC, f'{{stage="{stage}"}}') for stage in STAGES}
    row |= {f"{stage}_us": round(time_us, 1) for stage, time_us in stages.items()}
    # What is left: from the acknowledgement to the consumer, which may well have the list before it.
    row["consumer_us"] = round(seen["list"]["mean_us"] - sum(stages.values()), 1)
    row["batch_records"] = round(mean(rise, "freshet_ingest_batch_records"), 2)
    row["batch_users"] = round(mean(rise, "freshet_scoring_batch_users"), 2)
    row["fallback_percent"] = round(fallback_percent(rise), 2)
    return row


def sustained_rate(rig, seconds, client):
    """Events per second. More are answered when many always wait: their batches are larger, and more lists are made by counts."""
    # Twice: what is learned and cached in the first run is there in all that follow.
    for _ in range(2):
        seen, rise = rig.send(seconds, "--in-flight", IN_FLIGHT_AT_MOST, *client)
    at_most = seen["list"]["answered_per_s"]
    print(f"{IN_FLIGHT_AT_MOST} always waiting: {at_most:.0f} events/s, {fallback_percent(rise):.1f} % of the lists by counts alone",
          file=sys.stderr)
    sustained = 0.3 * at_most
    for tenth in range(4, 11):
        rate = tenth * at_most / 10
        seen, _ = rig.send(seconds, "--rate", rate, *client)
        if seen["list"]["p50_us"] > SUSTAINED_P50_US_MAX:
            break
        sustained = rate
    return sustained


def sweep(rig, arguments):
    client = ["--rows", arguments.rows] if arguments.rows else []
    capacity = sustained_rate(rig, max(5, arguments.seconds // 2), client)
    print(f"capacity {capacity:.0f} events/s", file=sys.stderr)
    for load in arguments.loads:
        rate = capacity * load / 100
        seen, rise = rig.send(arguments.seconds, "--rate", rate, *client)
        print(f"{load} %: event -> list p50 {seen['list']['p50_us'] / 1e3:.2f} ms, p99 {seen['list']['p99_us'] / 1e3:.2f} ms; "
              f"echo {seen['echo']['p50_us'] / 1e3:.2f} ms, {seen['echo']['p99_us'] / 1e3:.2f} ms", file=sys.stderr)
        yield row_of(load, rate, seen, rise)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="build folder of both programs")
    parser.add_argument("--seconds", type=int, default=55, help="of each load")
    parser.add_argument("--loads", type=lambda text: [float(load) for load in text.split(",")], default=[10, 25, 50, 75, 100, 120],
                        help="percent of capacity")
    parser.add_argument("--rows", type=Path, help='file of "user item" rows to send; else random ones')
    parser.add_argument("--network", action="store_true", help="with the network on")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        processes = Processes(Path(directory))
        try:
            rig = Rig(arguments.build.resolve(), processes, {"network": {"enabled": arguments.network}})
            for number, row in enumerate(sweep(rig, arguments)):
                writer = csv.DictWriter(sys.stdout, row)
                if number == 0:
                    writer.writeheader()
                writer.writerow(row)
                sys.stdout.flush()
        finally:
            processes.stop_all()


if __name__ == "__main__":
    main()
