"""Words and constructs that have a better form here, each with its remedy."""

import re
from fnmatch import fnmatch

from source_tree import (all_files, cpp_files, is_text, problem, read, without_comments_and_strings)

# Pattern in an identifier or a file name, and what to say instead.
WORDS = [
    (r"(?<![a-zA-Z0-9])msg(?![a-zA-Z0-9])|[a-z]Msg", "say `record` (raw bytes) or `event` (decoded)"),
    (r"(?<![a-zA-Z0-9])recs(?![a-zA-Z0-9])", "say `ranked list` or `candidates`"),
    (r"(?i:(?<![a-z])cursor(?![a-z]))", "say `offset` or `next offset`"),
    (r"Manager(?![a-z])|(?<![a-zA-Z0-9])manager(?![a-zA-Z0-9])", "say what it does to what"),
    (r"Helper(?![a-z])|(?<![a-zA-Z0-9])helpers?(?![a-zA-Z0-9])", "say what it does"),
    (r"Utils?(?![a-z])|(?<![a-zA-Z0-9])utils?(?![a-zA-Z0-9])", "say what it is about"),
    (r"(?<![a-zA-Z0-9_])data_(?![a-zA-Z0-9_])", "say which data"),
]

# Members and qualified names are judged where they are declared: a library's never are.
OWN_IDENTIFIER = re.compile(r"(?<![\w.>:])(?!rd_kafka_)[A-Za-z_]\w*(?!\w)")

FREE = ["tests/*", "bench/*"]
ADAPTERS = ["*/kafka_*", "*/rocksdb_*", "*/torch_*", "*/http_*", "config/*yaml*", "app/main.cc"]
MUTEX_PLACES = ["config/bounded_queue.h", "config/stop_wait.h", "*/metrics.*", "*/kafka_*", "sinks/http_*",
                "sinks/file_publisher.h", "app/*"] + FREE

# Construct, where it is allowed, remedy.
CONSTRUCTS = [
    (r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(", ["bench/*"], "wait on a queue or condition with a deadline"),
    (r"\bgetenv\b", ["app/*"] + FREE, "take it from the configuration"),
    (r"catch\s*\(\s*\.\.\.\s*\)", ADAPTERS, "catch what the library throws, in its adapter"),
    (r"std::(shared_|recursive_|timed_)?mutex\b", MUTEX_PLACES,
     "hand values over through a BoundedQueue, or add the file to MUTEX_PLACES with the reason in its header"),
    (r"\.detach\s*\(\s*\)", ["scoring/network/torch_*"], "keep a std::jthread and join it"),
    (r"\bDISABLED_", [], "mend or delete the test"),
]
NOTES = re.compile(r"\b(TODO|FIXME|XXX)\b")

# Paths of one machine and addresses to fetch from are no part of the project.
PLACES = [
    (re.compile(r"(^|[^a-zA-Z0-9_.])/(home|root|Users)/"),
     "a path of one machine; use a relative one"),
    (re.compile(r"\b(curl|wget|pip|npm|mvn|apt-get)\b.*\bhttps?://(?!127\.0\.0\.1|localhost)|"
                r"--(index-url|registry)\b"),
     "an address to fetch from; name the package and leave the rest to the machine's settings"),
]


def allowed(name, patterns):
    return any(fnmatch(name, pattern) for pattern in patterns)


def check(root):
    problems = []
    for name in cpp_files(root):
        problems += [problem(name, 1, f"file name: {remedy}") for pattern, remedy in WORDS
                     if re.search(pattern, name)]
        text = read(root, name)
        for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
            problems += check_code_line(name, number, line)
        problems += [problem(name, number, "do it now, or name it where open work is kept")
                     for number, line in enumerate(text.splitlines(), 1) if NOTES.search(line)]
    return problems + list(check_places(root))


def check_code_line(name, number, line):
    if not line.lstrip().startswith("#"):
        for identifier in OWN_IDENTIFIER.findall(line):
            for pattern, remedy in WORDS:
                if re.search(pattern, identifier):
                    yield problem(name, number, f"`{identifier}`: {remedy}")
    for pattern, places, remedy in CONSTRUCTS:
        found = re.search(pattern, line)
        if found and not allowed(name, places):
            yield problem(name, number, f"`{found.group(0).strip()}`: {remedy}")


def check_places(root):
    for name in all_files(root):
        if name.startswith("tests/lint/") or not is_text(root, name):
            continue
        for number, line in enumerate(read(root, name).splitlines(), 1):
            for pattern, remedy in PLACES:
                if pattern.search(line):
                    yield problem(name, number, remedy)
