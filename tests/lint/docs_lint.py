"""What the pages name exists: links, paths, `freshet` subcommands, make targets, presets."""

import json
import re
from pathlib import Path

from source_tree import all_files, problem, read

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"^[\w.-]+(/[\w.-]+)*/?$")
SUBCOMMAND = re.compile(r"(?:^|[\s/;&|(])freshet\s+([a-z][a-z-]*)")
MAKE = re.compile(r"(?:^|[;&|]\s*|\s)make\s+([a-z][a-z-]*)(?![\w/=.])")
PRESET = re.compile(r"--preset[= ]+([\w-]+)")


def check(root):
    facts = Facts(root)
    problems = []
    for name in [n for n in all_files(root) if n.endswith(".md")]:
        in_block = False
        for number, line in enumerate(read(root, name).splitlines(), 1):
            if line.lstrip().startswith("```"):
                in_block = not in_block
                continue
            codes = [line] if in_block else CODE_SPAN.findall(line)
            problems += [problem(name, number, what)
                         for what in line_faults(facts, name, "" if in_block else line, codes, in_block)]
    return problems


class Facts:
    """What exists in the tree."""

    def __init__(self, root):
        self.root = root
        self.top = {n.split("/")[0] for n in all_files(root)}
        sources = [n for n in all_files(root) if n.startswith("app/") and n.endswith(".cc")]
        self.subcommands = set(re.findall(r'add_(?:subcommand\(|ask\(\s*\*?\w+, chosen,)\s*"([\w-]+)"',
                                          "".join(read(root, n) for n in sources)))
        makefile = read(root, "Makefile") if "Makefile" in self.top else ""
        self.targets = {word for line in makefile.splitlines() if re.match(r"^[a-z][\w -]*:", line)
                        for word in line.split(":")[0].split()}
        presets = json.loads(read(root, "CMakePresets.json")) if "CMakePresets.json" in self.top else {}
        self.presets = {p["name"] for kind in presets if kind.endswith("Presets") for p in presets[kind]}


def line_faults(facts, name, text, codes, in_block):
    here = (facts.root / name).parent
    for link in LINK.findall(text):
        if "://" not in link and not link.startswith("mailto:") and not (here / link).exists():
            yield f"links to {link}, which does not exist; mend the link"
    for code in codes:
        for word in code.split() if in_block else [code]:
            if is_missing_path(facts, here, word):
                yield f"names {word}, which does not exist; mend the path"
        code = code.split("#")[0] if in_block else code
        for found, known, kind in [(SUBCOMMAND, facts.subcommands, "a subcommand of freshet"),
                                   (MAKE, facts.targets, "a make target"),
                                   (PRESET, facts.presets, "a preset")]:
            for word in found.findall(code):
                if known and word not in known:
                    yield f"`{word}` is no {kind[2:]}; there are {', '.join(sorted(known))}"


def is_missing_path(facts, here, word):
    """Only words that begin with one of our folders are taken for paths; patterns are not.

    `app/main` stands for app/main.h and app/main.cc.
    """
    word = re.sub(r":\d+$", "", word).removeprefix("./")
    if not PATH.match(word) or "/" not in word or word.split("/")[0] not in facts.top:
        return False
    stem_exists = any((facts.root / word).parent.glob(Path(word).name + ".*"))
    return not (stem_exists or (facts.root / word).exists() or (here / word).exists())
