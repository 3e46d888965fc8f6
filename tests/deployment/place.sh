# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here: where the Python packages of requirements.txt go.
deployment_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deployment_root=$(cd "$deployment_here/../.." && pwd)
deployment_home=$deployment_root/build/deployment-linters
deployment_installed=$deployment_home/installed.txt  # A copy of requirements.txt, written last.
