#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests that mostly wait, at the same time: each with what it printed; the worst exit code, and 77
(skipped) where nothing is worse. Usage: together.py PROGRAM TEST[,OPTION...]..."""
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
running = []
for words in sys.argv[2:]:
    name, *options = words.split(",")
    command = [sys.executable, str(here / name), sys.argv[1], *options]
    # A file, not a pipe: what a failed test leaves running would hold a pipe open.
    told = tempfile.TemporaryFile("w+")
    running.append((words, told, subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)))
codes = []
for words, told, process in running:
    codes.append(process.wait())
    told.seek(0)
    print(f"--- {words}\n{told.read()}", end="")
bad = [code for code in codes if code not in (0, 77)]
sys.exit(bad[0] if bad else max(codes))
