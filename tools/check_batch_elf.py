#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Is guest/batch/batch.elf what its sources give? Compares it with the one just built.

usage: check_batch_elf.py BUILD [--update]
Exit 0 when they are the same; 1 when not; 77 (skipped, loudly) when the compiler is not the pinned
one, for another version may give other bytes. --update puts the new one in place.
"""
import pathlib
import shutil
import subprocess
import sys

PINNED = "19.1.7"


def version(tool):
    path = shutil.which(tool)
    if path is None:
        return None
    return subprocess.run([path, "--version"], capture_output=True, text=True).stdout


def main():
    update = "--update" in sys.argv[2:]
    if len(sys.argv) != 2 + update:
        sys.exit(__doc__)
    root = pathlib.Path(__file__).resolve().parent.parent
    for tool in ("clang-19", "ld.lld-19"):
        text = version(tool)
        if text is None or PINNED not in text:
            found = "not installed" if text is None else text.splitlines()[0]
            print(f"SKIPPED: guest/batch/batch.elf is NOT checked: it is built with {tool} {PINNED}, "
                  f"here is: {found}")
            return 77
    kept = root / "guest/batch/batch.elf"
    build = pathlib.Path(sys.argv[1])
    subprocess.run(["cmake", "--build", build, "--target", "guest_batch"], check=True,
                   stdout=subprocess.DEVNULL)
    made = build / "guests/batch.elf"
    if kept.exists() and kept.read_bytes() == made.read_bytes():
        print("guest/batch/batch.elf is what its sources give")
        return 0
    if update:
        shutil.copyfile(made, kept)
        print("guest/batch/batch.elf renewed: its program id has changed")
        return 0
    print("guest/batch/batch.elf is not what its sources give: "
          f"tools/check_batch_elf.py {sys.argv[1]} --update")
    return 1


sys.exit(main())
