"""The files of the project, and C++ text without what lints must not see."""

import re
import subprocess
from pathlib import Path

CPP_ENDINGS = {".h", ".cc", ".cu", ".cuh"}
FOLDERS = ["config", "ingest", "state", "scoring", "sinks", "app"]  # Includes point left only.
APP_FOLDERS = ["figures", "partition", "engine", "http", "kafka", "demo", "evaluation", "commands"]  # The same within app/.


def all_files(root):
    """Paths relative to `root` of what belongs to the project: what git knows or would add."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if listed.returncode == 0 and (root / ".git").exists():
        names = listed.stdout.splitlines()
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
        names = [n for n in names if not n.startswith("build/")]
    return sorted(n for n in set(names) if (root / n).is_file())


def cpp_files(root):
    return [n for n in all_files(root) if Path(n).suffix in CPP_ENDINGS]


def read(root, name):
    return (root / name).read_text(encoding="utf-8", errors="replace")


def is_text(root, name):
    return b"\0" not in (root / name).read_bytes()[:4096]


_TOKENS = re.compile(
    r'R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\''
    r'|//[^\n]*|/\*.*?\*/', re.DOTALL)


def without_comments_and_strings(text):
    """The same lines; comments are gone and literals are empty."""
    def blank(match):
        token = match.group(0)
        lines = "\n" * token.count("\n")
        return lines if token.startswith("/") else '""' + lines
    return _TOKENS.sub(blank, text)


def problem(name, line, what):
    return f"{name}:{line}: {what}"
