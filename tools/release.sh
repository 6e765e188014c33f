#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# What `make release` does once the program is built: archives of the program and of its source, named
# by version and commit, and their checksums, in BUILD/release. The same commit and compiler give the
# same bytes. Usage: tools/release.sh BUILD
set -euo pipefail
build=$(realpath "${1:?usage: tools/release.sh BUILD}")
cd "$(dirname "$0")/.."
if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    echo "release: there are changes that are not committed" >&2
    exit 1
fi
version=$("$build/bin/polypoly" --version | cut -d' ' -f2)
name=polypoly-$version-$(git rev-parse --short=10 HEAD)
out=$build/release
rm -rf "$out"
mkdir -p "$out/stage"
DESTDIR=$out/stage PREFIX=/usr/local tools/install.sh "$build" >/dev/null
program=$name-linux-$(uname -m)
mv "$out/stage/usr/local" "$out/$program"
strip "$out/$program/bin/polypoly"
cat >"$out/$program/INSTALL" <<END
polypoly $version for Debian 12, $(uname -m). It needs the libraries of these packages:

    apt install libcurl4 libjansson4 libmicrohttpd12 libsecp256k1-1 libssl3

Then copy bin, lib and share to /usr/local; bin/polypoly runs from anywhere. Begin with bin/polypoly up,
or with share/doc/polypoly/README.md. The units in lib/systemd name /usr/local/bin.
END
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" \
    -cf - "$program" | gzip -n -9 >"$out/$program.tar.gz"
git archive --prefix="$name/" HEAD | gzip -n -9 >"$out/$name-source.tar.gz"
rm -rf "${out:?}/stage" "${out:?}/$program"
(cd "$out" && sha256sum -- *.tar.gz >SHA256SUMS)
ls -l "$out"
