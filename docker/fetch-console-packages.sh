#!/usr/bin/env bash
# Fetches uPlot, which draws the console's plots, by pip into build/console-packages.
# Prints nothing when it is there, and one line saying what to do when something fails.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
place=$here/../build/console-packages
cmp -s "$here/console-packages.txt" "$place/installed.txt" && exit 0

fail() {
  echo "setup: $*" >&2
  exit 1
}

rm -rf "$place"
mkdir -p "$place" || fail "cannot write to $place"
log=$place/fetch.log
echo "setup: fetching uPlot for the console (72 kB)"
python3 -m pip --version >/dev/null 2>&1 || fail "no pip here; run docker/install-packages.sh build first"
for try in 1 2; do
  python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary :all: --require-hashes \
    --timeout 20 --dest "$place" -r "$here/console-packages.txt" >"$log" 2>&1 && break
  [ "$try" = 1 ] || fail "pip could not fetch docker/console-packages.txt; check the network and pip's settings (log: $log)"
  echo "setup: pip failed, trying once more"
done
python3 -m zipfile -e "$place"/youplot-*.whl "$place/wheel" || fail "cannot unpack $place/youplot-*.whl"
cp "$place/wheel/youplot/vendor/uplot.iife.min.js" "$place/uplot.js" &&
  cp "$place/wheel/youplot/vendor/uplot.min.css" "$place/uplot.css" || fail "no uPlot in $place/wheel"
rm -r "$place/wheel" "$place"/youplot-*.whl
cp "$here/console-packages.txt" "$place/installed.txt"
