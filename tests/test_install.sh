#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# make install's part: everything lands below DESTDIR and PREFIX, the program runs from there, units
# are good where systemd can say so, and uninstall leaves nothing. Usage: test_install.sh BUILD
set -euo pipefail
build=$(realpath "${1:?usage: test_install.sh BUILD}")
cd "$(dirname "$0")/.."
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
export DESTDIR=$there PREFIX=/opt/pp
tools/install.sh "$build" >/dev/null
[ "$("$there/opt/pp/bin/polypoly" --version)" = "$("$build/bin/polypoly" --version)" ]
[ -z "$(find "$there" -type f ! -path "$there/opt/pp/*")" ]
# The documents' links lead somewhere, but for those into the source.
docs=$there/opt/pp/share/doc/polypoly
grep -o '](docs/[^)#]*' "$docs/README.md" | cut -c3- | sort -u | while read -r link; do
    [ -f "$docs/$link" ] || { echo "README.md: $link is not installed" >&2; exit 1; }
done
for unit in node prover; do
    file=$there/opt/pp/lib/systemd/system/polypoly-$unit@.service
    grep -q "^ExecStart=/opt/pp/bin/polypoly $unit /var/lib/polypoly-$unit/%i" "$file"
    # Of a user and in a directory of its own, and no memory of it is kept.
    for line in "User=polypoly-$unit" "StateDirectory=polypoly-$unit/%i" "StateDirectoryMode=0700" "LimitCORE=0"; do
        grep -qxF "$line" "$file" || { echo "$file: no $line" >&2; exit 1; }
    done
    grep -q "^u polypoly-$unit .* /var/lib/polypoly-$unit\$" "$there/opt/pp/lib/sysusers.d/polypoly.conf"
    ! grep -q @PREFIX@ "$file"
    # In a root of its own, where the program and user that it names are not.
    if command -v systemd-analyze >/dev/null; then
        said=$(systemd-analyze verify --man=no "$file" 2>&1 | grep -v 'is not executable\|does not exist' || true)
        [ -z "$(grep -E "polypoly-$unit@.*(Unknown|Invalid|Failed to parse)" <<<"$said")" ] || { echo "$said" >&2; exit 1; }
    fi
done
tools/install.sh "$build" --uninstall
[ -z "$(find "$there" -type f)" ]
if PREFIX=relative tools/install.sh "$build" 2>/dev/null; then exit 1; fi
# Every command says what it does, with an example and its exit codes.
"$build/bin/polypoly" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p' | while read -r command; do
    help=$("$build/bin/polypoly" $command --help)
    for part in "usage: polypoly $command" "example" "Exit codes:"; do
        grep -q -- "$part" <<<"$help" || { echo "polypoly $command --help: no '$part'" >&2; exit 1; }
    done
done
echo "install: all good"
