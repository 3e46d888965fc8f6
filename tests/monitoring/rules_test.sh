#!/usr/bin/env bash
# The rules and Prometheus' configuration are valid, and each alert fires when it should. Exit status 77 = skipped.
set -euo pipefail
cd "$(dirname "$0")"
command -v promtool >/dev/null || { echo "skipped: no promtool here (docker/install-packages.sh test)"; exit 77; }
promtool check config ../../docker/prometheus/prometheus.yml
promtool test rules alerts_test.yml
