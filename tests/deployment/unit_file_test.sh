#!/usr/bin/env bash
# unit_file_test.sh PROGRAM: systemd accepts the unit and its sandbox is tight. Exit status 77 = skipped, no systemd.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze here"; exit 77; }
directory=$(mktemp -d -t freshet-unit-XXXXXX)
trap 'rm -r "$directory"' EXIT
sed "s|/usr/bin/freshet|$1|" docker/systemd/freshet.service >"$directory/freshet.service"
found=$(systemd-analyze verify --man=no "$directory/freshet.service" 2>&1 | grep freshet.service || true)
[ -z "$found" ] || { echo "$found"; exit 1; }
systemd-analyze security --offline=true --threshold=20 "$directory/freshet.service" | tail -n 1
