"""A headless Chromium, driven by its DevTools protocol; the standard library alone."""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import urllib.request

NAMES = ["chromium", "chromium-browser", "google-chrome"]
TIMEOUT_S = 60


def find_chromium():
    return next((path for path in map(shutil.which, NAMES) if path), None)


class WebSocket:
    """The client's side of RFC 6455, as much as a DevTools connection on this machine takes."""

    def __init__(self, address):
        host, port, path = re.fullmatch(r"ws://([^:/]+):(\d+)(/.*)", address).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=TIMEOUT_S)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.input = self.socket.makefile("rb")
        status = self.input.readline()
        if b" 101 " not in status:
            raise RuntimeError(f"DevTools refused the connection: {status!r}")
        while self.input.readline().strip():
            pass

    def send(self, text):
        body, mask = text.encode(), os.urandom(4)
        size = len(body)
        head = bytes([0x81]) + (bytes([0x80 | size]) if size < 126
                                else bytes([0x80 | 126]) + size.to_bytes(2, "big") if size < 1 << 16
                                else bytes([0x80 | 127]) + size.to_bytes(8, "big"))
        padded = mask * (size // 4 + 1)
        masked = (int.from_bytes(body, "big") ^ int.from_bytes(padded[:size], "big")).to_bytes(size, "big")
        self.socket.sendall(head + mask + masked)

    def receive(self):
        """Returns the next text; control frames are passed over."""
        text = b""
        while True:
            first, size = self.input.read(2)
            size &= 0x7F
            if size > 125:
                size = int.from_bytes(self.input.read(2 if size == 126 else 8), "big")
            body = self.input.read(size)
            if first & 0x0F in (0, 1):
                text += body
                if first & 0x80:
                    return text.decode()
            elif first & 0x0F == 8:
                raise RuntimeError("Chromium closed the DevTools connection")

    def close(self):
        self.socket.close()


class Browser:
    """A Chromium of its own, in a profile of its own; ends with the `with` block."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(prefix="freshet-chromium-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self.profile.name}", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
             "--disable-extensions", "--hide-scrollbars", "--mute-audio", "--no-first-run", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.port = self.wait_for_port()

    def wait_for_port(self):
        for line in self.process.stderr:
            found = re.search(r"DevTools listening on ws://[^:]+:(\d+)/", line)
            if found:
                return int(found.group(1))
        raise RuntimeError(f"Chromium ended with status {self.process.wait()} before it listened")

    def page(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return Page(WebSocket(json.load(answer)["webSocketDebuggerUrl"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.profile.cleanup()


class Page:
    """One tab. `errors` collects what its console calls an error."""

    def __init__(self, websocket):
        self.websocket = websocket
        self.number = 0
        self.errors = []
        for domain in ["Page", "Runtime", "Log", "Accessibility"]:
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self.number += 1
        self.websocket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.websocket.receive())
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.note(answer.get("method"), answer.get("params", {}))

    def note(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(each.get("value", each.get("description"))) for each in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} ({params['entry'].get('url', '')})")

    def evaluate(self, expression):
        """Returns the value of a JavaScript expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]) + f"\nin: {expression}")
        return answer["result"].get("value")

    def wait(self, condition, what, seconds=30):
        """Waits until a JavaScript condition holds. Errors: AssertionError naming `what`."""
        held = self.evaluate(f"""new Promise((resolve) => {{
          const began = performance.now();
          const look = () => {{
            if ({condition}) resolve(true);
            else if (performance.now() - began > {seconds * 1000}) resolve(false);
            else setTimeout(look, 20);
          }};
          look();
        }})""")
        assert held, f"not within {seconds} s: {what}"

    def open(self, address):
        """Goes to an address, also to one that differs after # alone, with everything loaded anew."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete' && location.protocol !== 'about:'", f"{address} loads")

    def show_as(self, width, height, theme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme},
                                                         {"name": "prefers-reduced-motion", "value": "reduce"}])

    def press(self, key):
        for kind in ["keyDown", "keyUp"]:
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key],
                      **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))

    def names(self):
        """Returns (role, name) of everything that assistive technology can act on."""
        roles = {"button", "link", "textbox", "searchbox", "checkbox"}
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
                if not node.get("ignored") and node.get("role", {}).get("value") in roles]

    def screenshot(self, path):
        image = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(image))

    def close(self):
        self.websocket.close()
