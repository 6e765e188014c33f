#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# What `make install` does once the program is built: the program, its documents, systemd units.
# Usage: [PREFIX=/usr/local] [DESTDIR=] tools/install.sh BUILD [--uninstall]
set -euo pipefail
build=${1:?usage: tools/install.sh BUILD [--uninstall]}
cd "$(dirname "$0")/.."
prefix=${PREFIX:-/usr/local}
case $prefix in /*) ;; *) echo "install: PREFIX must begin with /, not '$prefix'" >&2; exit 2 ;; esac
root=${DESTDIR:-}$prefix
units=$root/lib/systemd/system
docs=$root/share/doc/polypoly
if [ "${2:-}" = --uninstall ]; then
    rm -f "$root/bin/polypoly" "$units"/polypoly-{node,prover}@.service "$root/lib/sysusers.d/polypoly.conf"
    rm -rf "$docs"
    exit 0
fi
[ -x "$build/bin/polypoly" ] || { echo "install: $build/bin/polypoly is not built: make build" >&2; exit 2; }
install -D -m 0755 "$build/bin/polypoly" "$root/bin/polypoly"
# As they lie in the source, so that their links lead somewhere.
install -d "$docs"
install -m 0644 README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$docs"
find docs examples -type f | while read -r file; do
    install -D -m 0644 "$file" "$docs/$file"
done
install -d "$units" "$root/lib/sysusers.d"
for unit in tools/systemd/*.service; do
    sed "s|@PREFIX@|$prefix|g" "$unit" >"$units/$(basename "$unit")"
    chmod 0644 "$units/$(basename "$unit")"
done
install -m 0644 tools/systemd/polypoly.conf "$root/lib/sysusers.d"
echo "installed: $root/bin/polypoly, documents in $docs, units of systemd in $units"
[ -n "${DESTDIR:-}" ] || echo "for the units: systemd-sysusers, then systemctl enable --now polypoly-node@NAME (docs/node.md)"
