#!/usr/bin/env bash
# compare.sh PROGRAM [SEED]: compares the figures of PROGRAM (evaluation_samples) with published
# implementations. Exit status 77 = skipped, they are not installed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=$("$here/../../python-packages.sh" find tests/app/evaluation_peers) || exit
"$@" | "$programs/python" -W ignore "$here/compare.py"
