#!/usr/bin/env bash
# Installs what is missing of the named package lists: docker/install-packages.sh run build test
# Prints nothing when nothing is missing, and one line saying what to do when something fails.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
log=${FRESHET_SETUP_LOG:-$(mktemp -t freshet-setup-XXXXXX.log)}

fail() {
  echo "setup: $*" >&2
  exit 1
}

# Prints the packages of the lists $@ that are not installed.
missing_packages() {
  local list package
  for list in "$@"; do
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages-$list.txt"
  done | while read -r package; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *'ok installed' ]] || echo "$package"
  done
}

# Turns apt's status lines into one line for every 10 % of each step.
show_progress() {
  local kind percent shown=
  while IFS=: read -r kind _ percent _; do
    case $kind in dlstatus) kind=download ;; pmstatus) kind=install ;; *) continue ;; esac
    [ "$1" = update ] && kind=update
    [ "$kind ${percent%?.*}" = "$shown" ] || printf 'setup: %s %.0f %%\n' "$kind" "$percent"
    shown="$kind ${percent%?.*}"
  done
}

# Runs apt-get with one retry; its own output goes to the log.
apt_get() {
  local try
  for try in 1 2; do
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o APT::Status-Fd=3 "$@" \
      3>&1 >>"$log" 2>&1 | show_progress "$1" && return 0
    [ "$try" = 2 ] || echo "setup: apt-get $1 failed, trying once more"
  done
  return 1
}

# Prints those of the packages $@ that apt has no version of.
unknown_packages() {
  local package
  for package in "$@"; do
    [[ $(apt-cache policy "$package" 2>/dev/null) =~ Candidate:\ [^\(] ]] || echo "$package"
  done
}

[ $# -gt 0 ] || set -- run build test
for list in "$@"; do
  [ -r "$here/packages-$list.txt" ] || fail "no package list docker/packages-$list.txt"
done
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is no Debian system; install the packages of docker/packages-*.txt by other means"

mapfile -t wanted < <(missing_packages "$@")
[ ${#wanted[@]} -gt 0 ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null ||
    fail "not root and no sudo; run as root: apt-get install ${wanted[*]}"
  as_root=sudo
fi

echo "setup: ${#wanted[@]} packages to install: ${wanted[*]}"
apt_get update ||
  fail "apt-get update failed; check the network and /etc/apt, then run make again (log: $log)"
mapfile -t unknown < <(unknown_packages "${wanted[@]}")
[ ${#unknown[@]} -eq 0 ] ||
  fail "apt has no package ${unknown[*]}; Debian 12 (bookworm, main) is needed in /etc/apt (log: $log)"
apt_get install --no-install-recommends "${wanted[@]}"
mapfile -t left < <(missing_packages "$@")
[ ${#left[@]} -eq 0 ] ||
  fail "apt-get could not install ${left[*]}; try: $as_root apt-get install ${left[0]} (log: $log)"
rm -f "$log"
