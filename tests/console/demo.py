"""A running `freshet demo`, on ports of its own."""

import json
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request

TIMEOUT_S = 30


def ask(address, body=None):
    """Returns (status, parsed body); with a body it is a POST."""
    request = urllib.request.Request(address, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem)


class Demo:
    """Ends with the `with` block. `address` is the console's, `broker` the embedded broker's."""

    def __init__(self, freshet):
        self.process = subprocess.Popen([freshet, "demo", "--port", "0", "--rate", "200"], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.address = self.broker = None
        said = []
        for line in self.process.stdout:
            said.append(line)
            broker = re.search(r"broker at ([0-9.]+:\d+)", line)
            address = re.search(r"Open (http://\S+/)", line)
            self.broker = broker.group(1) if broker else self.broker
            if address:
                self.address = address.group(1)
                # What it says from here on is read, so that it never waits for us, and left out.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        raise RuntimeError(f"the demo ended with status {self.process.wait()}:\n{''.join(said)}")

    def publish_item(self, item, kcat):
        """Writes an item to the items topic."""
        subprocess.run([kcat, "-P", "-b", self.broker, "-t", "freshet.items", "-K", "\t"], check=True, timeout=TIMEOUT_S, text=True,
                       input=f"{item['item_id']}\t{json.dumps(item)}\n", stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=TIMEOUT_S)
