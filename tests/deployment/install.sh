#!/usr/bin/env bash
# Installs the linters of manifests, images and compose files, by pip, into build/deployment-linters. Without them
# only those lints are skipped, so that failing is no error.
set -uo pipefail
. "$(dirname "$0")/place.sh"
cmp -s "$deployment_here/requirements.txt" "$deployment_installed" && exit 0

log=$deployment_home/install.log
rm -rf "$deployment_home"
mkdir -p "$deployment_home"
echo "setup: installing kubernetes-validate, hadolint and check-jsonschema for the tests (210 MB, some seconds)"
if python3 -m venv "$deployment_home/venv" >"$log" 2>&1 &&
  "$deployment_home/venv/bin/pip" --disable-pip-version-check install --quiet --no-compile --only-binary :all: \
    --retries 1 --timeout 20 -r "$deployment_here/requirements.txt" >>"$log" 2>&1; then
  cp "$deployment_here/requirements.txt" "$deployment_installed"
else
  echo "setup: pip could not install them; the lints of docker/ will be skipped (log: $log)"
fi
