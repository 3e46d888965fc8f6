#!/usr/bin/env bash
# The scripts pass shellcheck. Exit status 77 = skipped, it is not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v shellcheck >/dev/null || { echo "skipped: no shellcheck here (docker/install-packages.sh test)"; exit 77; }
find . -path ./build -prune -o -name '*.sh' -print0 | xargs -0 shellcheck -x -P SCRIPTDIR --severity=warning
shellcheck --severity=warning docker/debian/postinst docker/debian/prerm docker/debian/postrm
