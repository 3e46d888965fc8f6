#!/usr/bin/env bash
# Installs the Python packages that our metrics are compared with, by pip, into
# build/evaluation-peers. Without them only that comparison is skipped, so that failing is no error.
set -uo pipefail
. "$(dirname "$0")/place.sh"
cmp -s "$peers_here/requirements.txt" "$peers_installed" && exit 0

log=$peers_home/install.log
rm -rf "$peers_home"
mkdir -p "$peers_home"
echo "setup: installing RecTools and scikit-learn for the tests (100 MB, about half a minute)"
if python3 -m venv "$peers_home/venv" >"$log" 2>&1 &&
  "$peers_home/venv/bin/pip" --disable-pip-version-check install --quiet --no-compile --only-binary :all: \
    --retries 1 --timeout 20 -r "$peers_here/requirements.txt" >>"$log" 2>&1; then
  cp "$peers_here/requirements.txt" "$peers_installed"
else
  echo "setup: pip could not install them; the comparison of metrics will be skipped (log: $log)"
fi
