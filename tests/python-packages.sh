#!/usr/bin/env bash
# The Python packages of a test's requirements.txt, by pip, in an environment of their own under build/. Without them
# only that test is skipped, so that failing to install them is no error.
#
#   python-packages.sh install FOLDER...  those that are missing or out of date
#   python-packages.sh find FOLDER        prints where their programs are; exit status 77 = not installed
#
# FOLDER is named from the top of the repository, as in tests/app/openapi.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

home_of() { echo "$PWD/build/python/$(tr / - <<<"${1#tests/}")"; }
is_current() { cmp -s "$1/requirements.txt" "$(home_of "$1")/installed.txt"; }  # A copy, written last.
names() { grep -v '^#' "$1/requirements.txt" | paste -sd ' '; }

install() {
  local home log
  home=$(home_of "$1") log=$(home_of "$1")/install.log
  rm -rf "$home"
  mkdir -p "$home"
  echo "setup: installing Python packages for $1: $(names "$1")"
  if python3 -m venv "$home/venv" >"$log" 2>&1 &&
    "$home/venv/bin/pip" --disable-pip-version-check install --quiet --no-compile --only-binary :all: \
      --retries 1 --timeout 20 -r "$1/requirements.txt" >>"$log" 2>&1; then
    cp "$1/requirements.txt" "$home/installed.txt"
  else
    echo "setup: pip could not install them; the test will be skipped (log: $log)"
  fi
}

command=$1
shift
for folder in "$@"; do
  [ -e "$folder/requirements.txt" ] || { echo "no requirements.txt in $folder" >&2; exit 2; }
  case $command in
    install) is_current "$folder" || install "$folder" ;;
    find)
      is_current "$folder" || { echo "skipped: run tests/python-packages.sh install $folder" >&2; exit 77; }
      echo "$(home_of "$folder")/venv/bin"
      ;;
    *) echo "unknown command $command: install or find" >&2; exit 2 ;;
  esac
done
