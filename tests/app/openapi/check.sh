#!/usr/bin/env bash
# check.sh FRESHET OPENAPI: holds the answers of `FRESHET demo` against the contract. Exit status 77 =
# skipped, the validator is not installed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=$("$here/../../python-packages.sh" find tests/app/openapi) || exit
exec "$programs/python" -B "$here/check.py" "$@"
