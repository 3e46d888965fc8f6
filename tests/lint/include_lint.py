"""Includes point left only, and each outside library is seen by its adapters alone."""

import re
from fnmatch import fnmatch

from source_tree import FOLDERS, cpp_files, problem, read

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
FREE = ["tests/*", "bench/*"]  # What may see everything of ours and every library.

# Library, its headers, the files that may include them.
CONFINED = [
    ("librdkafka", r"librdkafka/", ["ingest/kafka_*", "sinks/kafka_*", "app/embedded_broker*"]),
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


def faults(name, header):
    if any(fnmatch(name, pattern) for pattern in FREE):
        return
    here, there = name.split("/")[0], header.split("/")[0]
    if there in ("tests", "bench"):
        yield f'includes "{header}"; only tests/ and bench/ may: move what is needed into {here}/'
    if here in FOLDERS and there in FOLDERS and FOLDERS.index(there) > FOLDERS.index(here):
        yield (f'{here}/ must not include "{header}"; the direction is {" <- ".join(FOLDERS)}: '
               f'move the shared type to the left or pass a port')
    for library, headers, places in CONFINED:
        if re.match(headers, header) and not any(fnmatch(name, place) for place in places):
            yield (f"{library} is confined to {', '.join(places)}; "
                   f"put the call behind one of these instead of including <{header}>")
