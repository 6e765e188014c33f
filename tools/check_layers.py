#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checks that every #include under src/ points at the same folder or a lower level.

Levels stand in tools/layers.txt. Exit 0 when all is well, 1 with one line per violation.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
levels = {}
for line in (root / "tools/layers.txt").read_text().splitlines():
    line = line.split("#")[0].split()
    if line:
        levels[line[0]] = float(line[1])

bad = []
for path in sorted((root / "src").rglob("*.[ch]")):
    folder = path.relative_to(root / "src").parts[0]
    if folder not in levels:
        bad.append(f"{path.relative_to(root)}: folder '{folder}' has no level in tools/layers.txt")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        target = match.group(1)
        if "/" not in target:
            if not (path.parent / target).exists():
                bad.append(f"{path.relative_to(root)}:{number}: '{target}' is not in this folder")
            continue
        other = target.split("/")[0]
        if not (root / "src" / target).exists():
            bad.append(f"{path.relative_to(root)}:{number}: no such header '{target}'")
        elif other != folder and levels.get(other, 99) >= levels[folder]:
            bad.append(f"{path.relative_to(root)}:{number}: {folder} (level {levels[folder]:g}) "
                       f"may not use {other} (level {levels.get(other, 99):g})")

# A test may look upwards only for its own folder's needs; it obeys the same rule.
for line in bad:
    print(line, file=sys.stderr)
print(f"layers: {len(levels)} folders, {len(bad)} violations")
sys.exit(1 if bad else 0)
