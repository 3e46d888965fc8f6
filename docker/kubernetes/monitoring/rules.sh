#!/usr/bin/env bash
# Prints records.yml and alerts.yml as what the Prometheus operator takes: rules.sh | kubectl apply -n freshet -f -
set -euo pipefail
cd "$(dirname "$0")/../../prometheus"
cat <<END
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: freshet
spec:
  groups:
END
sed -e '/^groups:$/d' -e 's/^./  &/' records.yml alerts.yml
