#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs the Debian packages of the named sets (tools/deps.txt) that are missing.
# Usage: tools/setup.sh base [test] [ci]. Silent, and quick, when nothing is missing.
# As root it needs nothing more; as another user it uses sudo, and asks only then.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(for set in "$@"; do awk -v s="$set" '$1 == s { print $2 }' tools/deps.txt; done)
[ -n "$wanted" ] || { echo "setup: no such set in tools/deps.txt: $*" >&2; exit 2; }
if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian system, nothing is installed here. Needed:" $wanted >&2
    exit 0
fi
# shellcheck disable=SC2086 # one word a package
present=$(dpkg-query -W -f='${db:Status-Abbrev} ${binary:Package}\n' $wanted 2>/dev/null |
    sed -n 's/^ii  *//p' | sed 's/:.*//' || true)
missing=$(grep -vxF -f <(printf '%s\n' "$present") <<<"$wanted" || true)
[ -n "$missing" ] || exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: missing packages, and neither root nor sudo is at hand to install:" $missing >&2
        exit 2
    fi
    sudo=(sudo)
fi
echo "setup: installing" $missing
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A source that cannot be reached matters only if a package is then not found.
"${sudo[@]}" "${apt[@]}" update >"$log" 2>&1 </dev/null || true
# shellcheck disable=SC2086
if ! "${sudo[@]}" "${apt[@]}" install -y --no-install-recommends $missing >>"$log" 2>&1 </dev/null; then
    tail -20 "$log" >&2
    echo "setup: apt-get could not install:" $missing >&2
    exit 2
fi
