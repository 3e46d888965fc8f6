#!/usr/bin/env bash
# package_test.sh BUILD_DIRECTORY CPACK: the Debian package has what it should, and its program runs from where it was
# unpacked. Exit status 77 = skipped, this is no Debian.
set -euo pipefail
for program in dpkg-deb dpkg-shlibdeps; do
  command -v "$program" >/dev/null || { echo "skipped: no $program here"; exit 77; }
done
directory=$(mktemp -d -t freshet-package-XXXXXX)
trap 'rm -r "$directory"' EXIT
"$2" --config "$1/CPackConfig.cmake" -B "$directory" >"$directory/log" || { cat "$directory/log"; exit 1; }
package=$(echo "$directory"/freshet_*.deb)

for file in usr/bin/freshet etc/freshet/freshet.yaml lib/systemd/system/freshet.service usr/share/doc/freshet/copyright \
  usr/share/doc/freshet/operations.md usr/share/doc/freshet/prometheus/alerts.yml; do
  dpkg-deb --fsys-tarfile "$package" | tar -t "./$file" >/dev/null || { echo "$file is missing"; exit 1; }
done
depends=$(dpkg-deb -f "$package" Depends)
for wanted in adduser librdkafka1 librocksdb; do
  [[ $depends == *"$wanted"* ]] || { echo "does not depend on $wanted: $depends"; exit 1; }
done
[ "$(dpkg-deb -I "$package" conffiles)" = /etc/freshet/freshet.yaml ] || { echo "no conffile"; exit 1; }

dpkg-deb -x "$package" "$directory/root"
cd "$directory/root"
./usr/bin/freshet --help >/dev/null
./usr/bin/freshet validate etc/freshet/freshet.yaml
du -h "$package" | cut -f 1
