#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# A transfer with cast: import a key, send, read receipt, block and balance, wait until it is final.
# Usage: cast.sh URL PRIVATE-KEY [--no-final]   (CAST names the program, where it is not in PATH)
set -euo pipefail
url=$1 key=$2
cast=${CAST:-cast}
to=0x00000000000000000000000000000000000ca570
keystores=$(mktemp -d)
trap 'rm -rf "$keystores"' EXIT

"$cast" wallet import demo --keystore-dir "$keystores" --private-key "$key" --unsafe-password demo >"$keystores/import.log"
from=$("$cast" wallet address --keystore "$keystores/demo" --password demo)
before=$("$cast" balance --rpc-url "$url" $to)
hash=$("$cast" send --rpc-url "$url" --keystore "$keystores/demo" --password demo --json --value 0.125ether $to |
    sed 's/.*"transactionHash":"\(0x[0-9a-f]*\)".*/\1/')
block=$("$cast" receipt --rpc-url "$url" "$hash" blockNumber)
echo "cast: $hash is ordered in block $block: $("$cast" receipt --rpc-url "$url" "$hash" status)"
after=$("$cast" balance --rpc-url "$url" $to)
[ "$("$cast" tx --rpc-url "$url" "$hash" value)" = 125000000000000000 ]
[ "$("$cast" tx --rpc-url "$url" "$hash" from | tr A-F a-f)" = "$(tr A-F a-f <<<"$from")" ]
"$cast" block --rpc-url "$url" "$block" | grep -q "$hash"
[ $((after - before)) = 125000000000000000 ]
echo "cast: $to has 0.125 ETH more"

[ "${3:-}" != --no-final ] || exit 0
# "finalized" is proven here: a verified proof covers the block.
while [ "$("$cast" block --rpc-url "$url" finalized -f number)" -lt "$block" ]; do sleep 1; done
echo "cast: block $block is final"
