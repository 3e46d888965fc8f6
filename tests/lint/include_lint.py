"""Includes point left only, and each outside library is seen by its adapters alone."""

import re
from fnmatch import fnmatch

from source_tree import APP_FOLDERS, FOLDERS, cpp_files, problem, read

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
FREE = ["tests/*", "bench/*"]  # What may see everything of ours and every library.

# Library, its headers, the files that may include them.
CONFINED = [
    ("librdkafka", r"librdkafka/", ["ingest/kafka_*", "sinks/kafka_*", "app/demo/embedded_broker*"]),
    ("RocksDB", r"rocksdb/", ["state/rocksdb_*"]),
    ("LibTorch", r"(torch|ATen|c10)/", ["scoring/network/torch_*", "scoring/content/torch_*"]),
    ("Boost.Asio and Beast", r"boost/(asio|beast)", ["sinks/http_*"]),
    ("prometheus-cpp", r"prometheus/", ["*/metrics.*", "app/*"]),
    ("yaml-cpp", r"yaml-cpp/", ["config/*"]),
    ("simdjson", r"simdjson", ["ingest/*"]),
    ("CLI11", r"CLI/", ["app/*"]),
]


def check(root):
    problems = []
    for name in cpp_files(root):
        for number, line in enumerate(read(root, name).splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                problems += [problem(name, number, what) for what in faults(name, found.group(2))]
    return problems


def wrong_way(here, there, header, order):
    if here in order and there in order and order.index(there) > order.index(here):
        yield (f'{here}/ must not include "{header}"; the direction is {" <- ".join(order)}: '
               f'move the shared type to the left or pass a port')


def faults(name, header):
    if any(fnmatch(name, pattern) for pattern in FREE):
        return
    here, there = name.split("/")[0], header.split("/")[0]
    if there in ("tests", "bench"):
        yield f'includes "{header}"; only tests/ and bench/ may: move what is needed into {here}/'
    yield from wrong_way(here, there, header, FOLDERS)
    if here == there == "app":
        yield from wrong_way(name.split("/")[1], header.split("/")[1], header, APP_FOLDERS)
    for library, headers, places in CONFINED:
        if re.match(headers, header) and not any(fnmatch(name, place) for place in places):
            yield (f"{library} is confined to {', '.join(places)}; "
                   f"put the call behind one of these instead of including <{header}>")
