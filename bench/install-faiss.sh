#!/usr/bin/env bash
# Brings Debian's Faiss to build/peers, for top_k_bench alone: nothing is installed. Configure again afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/peers
cd build/peers
apt-get download libfaiss-dev
dpkg -x libfaiss-dev_*.deb .
rm libfaiss-dev_*.deb
