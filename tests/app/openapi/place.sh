# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here: where the Python packages of requirements.txt go.
openapi_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
openapi_home=$(cd "$openapi_here/../../.." && pwd)/build/openapi-validator
openapi_installed=$openapi_home/installed.txt  # A copy of requirements.txt, written last.
