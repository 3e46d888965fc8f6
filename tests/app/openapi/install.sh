#!/usr/bin/env bash
# Installs the Python packages that hold the API against its contract, by pip, into
# build/openapi-validator. Without them only that test is skipped, so that failing is no error.
set -uo pipefail
. "$(dirname "$0")/place.sh"
cmp -s "$openapi_here/requirements.txt" "$openapi_installed" && exit 0

log=$openapi_home/install.log
rm -rf "$openapi_home"
mkdir -p "$openapi_home"
echo "setup: installing openapi-spec-validator for the tests (40 MB)"
if python3 -m venv "$openapi_home/venv" >"$log" 2>&1 &&
  "$openapi_home/venv/bin/pip" --disable-pip-version-check install --quiet --no-compile --only-binary :all: \
    --retries 1 --timeout 20 -r "$openapi_here/requirements.txt" >>"$log" 2>&1; then
  cp "$openapi_here/requirements.txt" "$openapi_installed"
else
  echo "setup: pip could not install it; the test of the API's contract will be skipped (log: $log)"
fi
