#!/usr/bin/env bash
# check.sh FRESHET OPENAPI: holds the answers of `FRESHET demo` against the contract. Exit status 77 =
# skipped, the validator is not installed.
set -uo pipefail
. "$(dirname "$0")/place.sh"
if ! cmp -s "$openapi_here/requirements.txt" "$openapi_installed"; then
  echo "skipped: no openapi-spec-validator here: run tests/app/openapi/install.sh"
  exit 77
fi
exec "$openapi_home/venv/bin/python" -B "$openapi_here/check.py" "$@"
