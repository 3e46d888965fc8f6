"""check.py FRESHET OPENAPI: the contract is valid OpenAPI, and `FRESHET demo` answers by it."""

import copy
import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ANSWER_WAIT_S = 10
START_WAIT_S = 60
USER = "contract test"  # Nobody of the generated shop; its space must be encoded.


class Contract:
    """The document, with schemas that refuse what they do not name."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        validate(self.document)
        strict = copy.deepcopy(self.document)
        close(strict)
        self.registry = Registry().with_resource("contract", Resource(strict, DRAFT202012))
        self.strict = strict

    def check(self, method, pattern, status, content_type, body):
        """Fails unless the operation may answer so."""
        responses = self.strict["paths"][pattern][method]["responses"]
        place = f"/paths/{escape(pattern)}/{method}/responses/{status}"
        response = responses.get(str(status))
        if response is None:
            response, place = responses["default"], f"/paths/{escape(pattern)}/{method}/responses/default"
        if "$ref" in response:
            place = response["$ref"][1:]
            response = self.strict["components"]["responses"][place.rsplit("/", 1)[1]]
        kind = content_type.split(";")[0]
        assert kind in response.get("content", {}), f"{pattern}: {status} as {kind} is not in the contract"
        if kind.endswith("json"):
            reference = f"contract#{place}/content/{escape(kind)}/schema"
            Draft202012Validator({"$ref": reference}, registry=self.registry).validate(json.loads(body))


def close(node):
    """Lets objects with named properties have no others, so that no field is left undocumented."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and node.get("type") == "object":
            node.setdefault("additionalProperties", False)
        for child in node.values():
            close(child)
    elif isinstance(node, list):
        for child in node:
            close(child)


def escape(part):
    return urllib.parse.quote(part.replace("~", "~0").replace("/", "~1"), safe="~")


class Server:
    """A running `freshet demo`."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "demo", "--port", "0", "--rate", "50", "--for", "300s"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.address = None
        for line in self.process.stdout:
            found = re.search(r"Open (http://\S+)/ ", line)
            if found:
                self.address = found.group(1)
                break
        assert self.address, "the demo ended before it said its address"
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def ask(self, target, method="GET", body=None):
        """Returns (status, content type, body)."""
        request = urllib.request.Request(self.address + target, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WAIT_S) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as failure:
            return failure.code, failure.headers["Content-Type"], failure.read().decode()

    def ask_patiently(self, target, method="GET", body=None):
        """As ask(); a busy machine's "not now" is no answer."""
        end = time.monotonic() + START_WAIT_S
        while True:
            answer = self.ask(target, method, body)
            if answer[0] not in (503, 504) or time.monotonic() > end:
                return answer

    def wait_until(self, holds, what):
        end = time.monotonic() + START_WAIT_S
        while not holds():
            assert time.monotonic() < end, f"waited in vain: {what}"
            time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def questions(server):
    """Yields (method, pattern, target, body, expected status); what a target needs is asked for here."""
    items = json.loads(server.ask_patiently("/v1/items?count=5")[2])["items"]
    item = urllib.parse.quote(items[0]["item_id"], safe="")
    listed = json.loads(server.ask_patiently("/v1/status")[2])["newest_lists"][0]["items"][0]["item_id"]
    known = urllib.parse.quote(listed, safe="")  # Lists hold items that people were at.
    category = urllib.parse.quote(items[0]["category"], safe="")
    user = urllib.parse.quote(json.loads(server.ask("/v1/status")[2])["newest_lists"][0]["user_id"], safe="")
    yield "get", "/v1/users/{user}/recommendations", f"/v1/users/{user}/recommendations", None, 200
    yield ("get", "/v1/users/{user}/recommendations",
           f"/v1/users/{user}/recommendations?count=3&exclude={item},x&without=walk&context%5Bdevice%5D=tv", None, 200)
    yield "get", "/v1/users/{user}/recommendations", f"/v1/users/{user}/recommendations?count=0", None, 400
    yield "get", "/v1/users/{user}/recommendations", "/v1/users/nobody/recommendations", None, 200
    yield "get", "/v1/users/{user}", f"/v1/users/{user}", None, 200
    yield "get", "/v1/users/{user}", "/v1/users/nobody", None, 404
    yield ("post", "/v1/recommendations", "/v1/recommendations",
           {"events": [{"item_id": items[0]["item_id"]}, {"item_id": items[1]["item_id"], "action": "cart"}],
            "count": 4, "exclude": [items[2]["item_id"]], "context": {"device": "phone"}}, 200)
    yield "post", "/v1/recommendations", "/v1/recommendations", {"evnets": []}, 400
    yield "post", "/v1/events", "/v1/events", {"type": "click"}, 400
    yield "get", "/v1/items", f"/v1/items?query=a&category={category}&from=1&count=2", None, 200
    yield "get", "/v1/items/{item}", f"/v1/items/{item}", None, 200
    yield "get", "/v1/items/{item}", "/v1/items/none-such", None, 404
    yield "get", "/v1/items/{item}/similar", f"/v1/items/{item}/similar?count=3", None, 200
    server.wait_until(lambda: server.ask(f"/v1/items/{known}/related")[0] == 200, "something goes with a listed item")
    yield "get", "/v1/items/{item}/related", f"/v1/items/{known}/related?count=3", None, 200
    yield "get", "/v1/items/{item}/related", "/v1/items/none-such/related", None, 404
    yield "get", "/v1/users/{user}/items/{item}", f"/v1/users/{user}/items/{item}?language=de", None, 200
    yield "get", "/v1/users/{user}/items/{item}", "/v1/users/nobody/items/none-such", None, 200
    yield "post", "/v1/bundles", "/v1/bundles", {"basket": [items[0]["item_id"], items[1]["item_id"]], "count": 3}, 200
    yield "post", "/v1/bundles", "/v1/bundles", {"basket": []}, 400
    yield "get", "/v1/trending", "/v1/trending?count=3", None, 200
    yield "get", "/v1/new", f"/v1/new?category={category}", None, 200
    yield "get", "/v1/model", "/v1/model", None, 200
    yield "post", "/v1/model/versions", "/v1/model/versions", {}, 201
    versions = json.loads(server.ask_patiently("/v1/model")[2])["versions"]
    promote = "/v1/model/versions/{version}/promote"
    yield "post", promote, f"/v1/model/versions/{versions[0]['version']}/promote", {}, 200
    yield "post", promote, "/v1/model/versions/0/promote", {}, 404
    yield "post", "/v1/model/rollback", "/v1/model/rollback", {"to": 1}, 400
    yield "post", "/v1/model/freeze", "/v1/model/freeze", {"frozen": True}, 200
    yield "post", "/v1/model/freeze", "/v1/model/freeze", {"frozen": False}, 200
    yield "get", "/v1/history", "/v1/history?seconds=60", None, 200
    for target in ("/v1/status", "/v1/dead-letters", "/healthz", "/readyz", "/metrics", "/openapi.yaml"):
        yield "get", target, target, None, 200


def watch_one_list(server, contract):
    """An event sent over HTTP comes back as its user's list over a stream."""
    target = f"/v1/users/{urllib.parse.quote(USER)}/lists"
    with urllib.request.urlopen(server.address + target, timeout=START_WAIT_S) as stream:
        contract.check("get", "/v1/users/{user}/lists", stream.status, stream.headers["Content-Type"], "")
        item = json.loads(server.ask_patiently("/v1/items?count=1")[2])["items"][0]["item_id"]
        status, kind, body = server.ask("/v1/events", "POST", {
            "type": "click", "user_id": USER, "item_id": item, "event_time": int(time.time() * 1000)})
        assert status == 202, body
        contract.check("post", "/v1/events", status, kind, body)
        name, text = stream.readline().decode(), stream.readline().decode()
    assert name == "event: list\n", name
    ranked = json.loads(text.removeprefix("data: "))
    assert ranked["user_id"] == USER and ranked["items"], text
    assert ranked["offset"] >= json.loads(body)["offset"], text
    contract.check("get", "/v1/users/{user}/recommendations", 200, "application/json", json.dumps(ranked))


def main(program, openapi):
    contract = Contract(openapi)
    server = Server(program)
    try:
        server.wait_until(lambda: server.ask("/readyz")[0] == 200, "readiness")
        server.wait_until(lambda: json.loads(server.ask("/v1/status")[2])["judged_total"] > 50, "lists")
        asked = set()
        for method, pattern, target, body, expected in questions(server):
            status, kind, text = server.ask_patiently(target, method.upper(), body)
            assert status == expected, f"{method} {target}: {status} {text[:500]}"
            contract.check(method, pattern, status, kind, text)
            asked.add((method, pattern))
        watch_one_list(server, contract)
    finally:
        server.stop()
    print(f"{len(asked) + 2} operations answer by the contract")


if __name__ == "__main__":
    main(*sys.argv[1:])
