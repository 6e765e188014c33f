#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Clones the checkout's HEAD into a bare Debian 12 and types the two commands of README.md there.
#
# usage: tools/try_bare.sh [--user] [--keep] [COMMAND...]      (default: 'make run' 'make test')
#
# Needs root and debootstrap. The bare system is `debootstrap --variant=minbase bookworm` with the
# apt sources of this machine, an empty home, and make and git alone; each COMMAND has a fresh clone
# and a fresh system, so each starts from nothing. --user types them as an ordinary user with sudo,
# otherwise as root where no sudo is. --keep leaves the system at $PP_BARE (default
# /tmp/polypoly-bare); the untouched one is kept as an archive beside it for the next time.
set -euo pipefail
user=root keep=0
while [[ ${1:-} == --* ]]; do
    case $1 in
    --user) user=dev ;;
    --keep) keep=1 ;;
    *) sed -n '3,13p' "$0"; exit 2 ;;
    esac
    shift
done
[ $# -gt 0 ] || set -- 'make run' 'make test'
[ "$(id -u)" -eq 0 ] || { echo "try_bare: must be root, for chroot" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
bare=${PP_BARE:-/tmp/polypoly-bare}
# What is mounted is seen by this script alone and goes with it, as do all its processes.
if [ -z "${PP_BARE_INNER:-}" ]; then
    args=()
    [ $user = root ] || args+=(--user)
    [ $keep = 0 ] || args+=(--keep)
    PP_BARE_INNER=1 exec unshare --mount --pid --fork --kill-child "$0" "${args[@]}" "$@"
fi

copy_apt() { # the machine's own Debian sources, keys and way to the network
    local root=$1 sources=()
    mkdir -p "$root/etc/apt/sources.list.d" "$root/usr/share/keyrings" "$root/etc/apt/trusted.gpg.d"
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -f "$f" ] && grep -q bookworm "$f" && sources+=("$f")
    done
    if [ ${#sources[@]} -gt 0 ]; then
        rm -f "$root/etc/apt/sources.list"
        for f in "${sources[@]}"; do cp "$f" "$root${f}"; done
    fi
    cp -n /usr/share/keyrings/*.gpg "$root/usr/share/keyrings/" 2>/dev/null || true
    cp -n /etc/apt/trusted.gpg.d/* "$root/etc/apt/trusted.gpg.d/" 2>/dev/null || true
    apt-config dump | grep -iE '^Acquire::(https?|Check)' >"$root/etc/apt/apt.conf.d/99machine" || true
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}

make_archive() {
    echo "try_bare: debootstrap bookworm"
    rm -rf "$bare"
    debootstrap --variant=minbase bookworm "$bare" "${PP_MIRROR:-http://deb.debian.org/debian}" \
        >"$bare.log" 2>&1 || { tail "$bare.log" >&2; exit 1; }
    copy_apt "$bare"
    chroot "$bare" sh -ec 'export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update; apt-get -qq dist-upgrade -y
        apt-get -qq install -y --no-install-recommends make git' >>"$bare.log" 2>&1
    tar -C "$bare" -cf "$bare.tar" .
}

fresh_system() {
    rm -rf --one-file-system "$bare"
    mkdir -p "$bare"
    tar -C "$bare" -xf "$bare.tar"
    mount -t proc proc "$bare/proc"
    for d in null zero full random urandom; do
        : >>"$bare/dev/$d" 2>/dev/null || true
        mount --bind "/dev/$d" "$bare/dev/$d"
    done
    mkdir -p "$bare/dev/shm"
    mount -t tmpfs tmpfs "$bare/dev/shm"
    # Where this machine's own network needs a certificate, pip does not find it elsewhere.
    local certificates=/etc/ssl/certs/ca-certificates.crt
    if [ -f /etc/pip.conf ] && [ -f $certificates ]; then
        cp -L $certificates "$bare/etc/machine.crt"
        printf '[global]\ncert = /etc/machine.crt\n' >"$bare/etc/pip.conf"
    fi
    git -C "$repo" bundle create -q "$bare/srv/polypoly.bundle" HEAD
    if [ $user != root ]; then
        chroot "$bare" sh -ec "DEBIAN_FRONTEND=noninteractive apt-get -qq update
            DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends sudo
            useradd -m $user; echo '$user ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/$user" >/dev/null 2>&1
    fi
}

drop_system() {
    umount "$bare"/dev/{null,zero,full,random,urandom,shm} "$bare/proc"
    [ $keep = 1 ] || rm -rf --one-file-system "$bare"
}

[ -f "$bare.tar" ] || make_archive
home=$([ $user = root ] && echo /root || echo /home/$user)
status=0
for command in "$@"; do
    fresh_system
    echo "try_bare: as $user: git clone, $command"
    begin=$(date +%s)
    code=0
    chroot "$bare" env -i HOME=$home PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        su -s /bin/bash $user -c "cd $home && git clone -q /srv/polypoly.bundle polypoly && cd polypoly &&
            $command" </dev/null || code=$?
    echo "try_bare: as $user: $command: exit $code after $(($(date +%s) - begin)) s"
    [ $code = 0 ] || status=1
    drop_system
done
exit $status
