"""Functions of at most 70 lines, files of 500, headers of 150; exceptions are listed and only shrink."""

import re
from bisect import bisect_left

from source_tree import all_files, cpp_files, problem, read, without_comments_and_strings

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
HEADER_LINES_MAX = 150
EXCEPTIONS = "tests/lint/size_exceptions.txt"

TYPE_OR_NAMESPACE = re.compile(
    r"^(\s*template\s*<.*>)?\s*(inline\s+|typedef\s+)?(namespace|class|struct|union|enum|extern)\b",
    re.DOTALL)
ACCESS = re.compile(r"\b(public|private|protected)\s*$")
MEMBER_VALUES = re.compile(r"\)[^()]*?(?<!:):(?!:)")  # A constructor's, before its body.
NAME_BEFORE_PARENTHESIS = re.compile(r"((?:[\w~]+\s*::\s*)*(?:operator\s*[^\s\w(]+|~?\w+))\s*\(")


def functions(text):
    """Yields (name, first line, line count) of every function body outside other functions."""
    text = re.sub(r"^[ \t]*#.*?(?<!\\)$", "", without_comments_and_strings(text),
                  flags=re.MULTILINE | re.DOTALL)
    scopes, header_start, line_of = [], 0, line_counter(text)
    for at, char in enumerate(text):
        if char == "{":
            scopes.append(scope_of(text[header_start:at], header_start, scopes))
        elif char == "}" and scopes:
            kind, start, name = scopes.pop()
            if kind == "function":
                yield name, line_of(start), line_of(at) - line_of(start) + 1
            if kind == "value":
                continue
        after_access = char == ":" and ACCESS.search(text, max(0, at - 12), at)
        if (char in "{};" or after_access) and not any(kind == "value" for kind, *_ in scopes):
            header_start = at + 1


def scope_of(header, header_start, scopes):
    """Returns what a brace after `header` opens: (kind, where it starts, name)."""
    if any(kind == "function" for kind, *_ in scopes):
        return "other", 0, ""
    if header.count("(") != header.count(")") or (MEMBER_VALUES.search(header) and not header[-1].isspace()):
        return "value", 0, ""
    if "(" in header and not TYPE_OR_NAMESPACE.match(header):
        return "function", header_start + len(header) - len(header.lstrip()), function_name(header)
    return "other", 0, ""


def function_name(header):
    found = NAME_BEFORE_PARENTHESIS.search(re.sub(r"\[\[.*?\]\]|template\s*<.*?>\s*(?=\w)", "", header))
    return re.sub(r"\s+", "", found.group(1)) if found else "?"


def line_counter(text):
    breaks = [at for at, char in enumerate(text) if char == "\n"]

    return lambda at: bisect_left(breaks, at) + 1


def sizes(root):
    """Yields (key, name, line, lines, limit, remedy) of all that is over its limit."""
    for name in [n for n in all_files(root) if n.endswith((".h", ".cc", ".cu", ".py", ".js", ".sh"))]:
        text = read(root, name)
        lines, is_header = text.count("\n"), name.endswith(".h")
        limit = HEADER_LINES_MAX if is_header else FILE_LINES_MAX
        if lines > limit:
            yield name, name, 1, lines, limit, "split it by what its parts are about"
    for name in cpp_files(root):
        for function, line, lines in functions(read(root, name)):
            if lines > FUNCTION_LINES_MAX:
                yield (f"{name}:{function}", name, line, lines, FUNCTION_LINES_MAX,
                       f"give steps of {function} names of their own")


def load_exceptions(root):
    path = root / EXCEPTIONS
    exceptions = {}
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
        if line.strip() and not line.startswith("#"):
            key, limit, *reason = line.split(maxsplit=2)
            exceptions[key] = (number, int(limit), reason)
    return exceptions


def check(root):
    exceptions, problems = load_exceptions(root), []
    for key, name, line, lines, limit, remedy in sizes(root):
        number, allowed, reason = exceptions.pop(key, (0, 0, [""]))
        if lines > max(allowed, limit):
            problems.append(problem(name, line, f"{key} has {lines} lines where {max(allowed, limit)} are "
                                                f"allowed; {remedy}"))
        elif lines < allowed:
            problems.append(problem(EXCEPTIONS, number, f"{key} is down to {lines} lines; lower its limit"))
        elif not reason:
            problems.append(problem(EXCEPTIONS, number, f"{key} has no reason; say why it is so long"))
    for key, (number, *_) in exceptions.items():
        problems.append(problem(EXCEPTIONS, number, f"{key} needs no exception any more; remove the line"))
    return problems
