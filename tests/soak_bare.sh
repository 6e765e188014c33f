#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# make run and make test on a bare Debian 12, as root without sudo and as a user with it.
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
    echo "SKIPPED: needs root and debootstrap"
    exit 77
fi
cd "$(dirname "$0")/.." && tools/try_bare.sh && tools/try_bare.sh --user
