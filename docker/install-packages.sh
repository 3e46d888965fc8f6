#!/usr/bin/env bash
# Installs what is missing of the named package lists: docker/install-packages.sh run build test
# Prints nothing when nothing is missing, and one line saying what to do when something fails.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "setup: $*" >&2
  exit 1
}

# Prints the packages of the lists $@ that are not installed.
missing_packages() {
  local list wanted
  wanted=$(for list in "$@"; do sed -e 's/#.*//' "$here/packages-$list.txt"; done | xargs -n 1 | sort -u)
  # shellcheck disable=SC2086
  comm -23 <(echo "$wanted") \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u)
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

# Runs apt-get with one retry; its own output goes to the log, and its status through a pipe that
# is opened behind sudo, which closes all but the standard ones.
apt_get() {
  local try
  for try in 1 2; do
    $as_root env DEBIAN_FRONTEND=noninteractive sh -c '
      log=$1; shift
      exec apt-get -y -o APT::Status-Fd=3 -o APT::Update::Error-Mode=any "$@" 3>&1 >>"$log" 2>&1
      ' apt "$log" "$@" | show_progress "$1" && return 0
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

# Services that come with packages are not started: Debian's scripts ask this file first.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '$as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
fi

log=$(mktemp -d -t freshet-setup-XXXXXX)/apt.log  # Not in /tmp itself: root may not append there.
echo "setup: ${#wanted[@]} packages to install: ${wanted[*]}"
advice="see $log"
apt_get update || advice="apt-get update failed: check the network and /etc/apt, then run this again; see $log"
mapfile -t unknown < <(unknown_packages "${wanted[@]}")
[ ${#unknown[@]} -eq 0 ] ||
  fail "apt has no package ${unknown[*]} (Debian 12, bookworm main, has them all); $advice"
apt_get install --no-install-recommends "${wanted[@]}"
mapfile -t left < <(missing_packages "$@")
[ ${#left[@]} -eq 0 ] || fail "apt-get could not install ${left[*]}; $advice"
rm -r "$(dirname "$log")"
