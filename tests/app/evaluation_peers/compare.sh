#!/usr/bin/env bash
# compare.sh PROGRAM [SEED]: compares the figures of PROGRAM (evaluation_samples) with published
# implementations. Exit status 77 = skipped, they are not installed.
set -uo pipefail
. "$(dirname "$0")/place.sh"
if ! cmp -s "$peers_here/requirements.txt" "$peers_installed"; then
  echo "skipped: no RecTools and scikit-learn here: run tests/app/evaluation_peers/install.sh"
  exit 77
fi
"$@" | "$peers_home/venv/bin/python" -W ignore "$peers_here/compare.py"
