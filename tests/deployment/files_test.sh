#!/usr/bin/env bash
# files_test.sh PROGRAM: images, compose file and manifests against their schemas and against each other. Exit status
# 77 = skipped, the linters are not installed.
set -uo pipefail
. "$(dirname "$0")/place.sh"
if ! cmp -s "$deployment_here/requirements.txt" "$deployment_installed"; then
  echo "skipped: no linters of docker/ here: run tests/deployment/install.sh"
  exit 77
fi
PATH=$deployment_home/venv/bin:$PATH FRESHET_PROGRAM=$1 exec "$deployment_home/venv/bin/python" -B "$deployment_here/files_test.py"
