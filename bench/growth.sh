#!/usr/bin/env bash
# How the cost of an event and of a list grows: all quantities of the program growth, a process each, into one CSV.
#
#   bench/growth.sh CSV [brief] [QUANTITY...]     brief: small sizes and few rounds, to see that it works
#
# Then: bench/growth_plot.py CSV docs. BUILD names another build folder, CORE the core, SCRATCH a place with 10 GB for databases;
# SIZE_MAX leaves larger sizes out: ten million items take 13 GB of memory.
set -euo pipefail
cd "$(dirname "$0")/.."
csv=${1:?which CSV file to write}
scratch=${SCRATCH:-$(mktemp -d)}
shift
options=(--core "${CORE:-1}" --directory "$scratch/growth" --size-max "${SIZE_MAX:-10000000}")
if [ "${1-}" = brief ]; then
  shift
  options+=(--brief --rounds 3 --folded 5000 --served 500)
fi
[ $# -gt 0 ] || set -- users items ids partitions history sessions
rm -f "$csv"
for quantity in "$@"; do
  "${BUILD:-build/release}/bench/growth" "$quantity" --csv "$csv" "${options[@]}"
done
