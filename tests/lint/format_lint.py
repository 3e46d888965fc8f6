"""C++ files are as clang-format 14 leaves them."""

import re
import shutil
import subprocess

from source_tree import cpp_files, problem

PROGRAM = "clang-format-14"


def why_skipped():
    return None if shutil.which(PROGRAM) else f"{PROGRAM} is not installed (docker/install-packages.sh test)"


def check(root):
    names = cpp_files(root)
    if not names:
        return []
    run = subprocess.run([PROGRAM, "--dry-run", *names], cwd=root, capture_output=True, text=True,
                         check=False)
    found = dict(re.findall(r"^(\S+?):(\d+):\d+: warning: code should be clang-formatted", run.stderr,
                            re.MULTILINE)[::-1])
    return [problem(name, line, "not formatted; run `make format`") for name, line in sorted(found.items())]
