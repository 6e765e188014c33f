#!/usr/bin/env bash
# Installs the Debian packages of the named sets (tools/deps.txt) that are missing.
# Usage: tools/setup.sh base [ci ...]. Silent when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
for set in "$@"; do
    while read -r name; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' ||
            missing+=("$name")
    done < <(awk -v s="$set" '$1 == s { print $2 }' tools/deps.txt)
done
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=""
if [ "$(id -u)" -ne 0 ]; then
    sudo=sudo
    command -v sudo >/dev/null ||
        { echo "setup: these packages are missing, and neither root nor sudo is at hand: ${missing[*]}" >&2; exit 2; }
fi
echo "setup: installing ${missing[*]}"
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
