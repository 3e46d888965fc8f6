# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here: where the Python packages of requirements.txt go.
peers_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers_home=$(cd "$peers_here/../../.." && pwd)/build/evaluation-peers
peers_installed=$peers_home/installed.txt  # A copy of requirements.txt, written last.
