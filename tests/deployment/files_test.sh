#!/usr/bin/env bash
# files_test.sh PROGRAM: images, compose file and manifests against their schemas and against each other. Exit status
# 77 = skipped, the linters are not installed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=$("$here/../python-packages.sh" find tests/deployment) || exit
PATH=$programs:$PATH FRESHET_PROGRAM=$1 exec "$programs/python" -B "$here/files_test.py"
