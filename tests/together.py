#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests that mostly wait, at the same time: each with what it printed; the worst exit code, and 77
(skipped) where nothing is worse. Usage: together.py PROGRAM TEST[,OPTION...]..."""
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
running = []
for words in sys.argv[2:]:
    name, *options = words.split(",")
    command = [sys.executable, str(here / name), sys.argv[1], *options]
    running.append((words, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)))
codes = []
for words, process in running:
    print(f"--- {words}\n{process.communicate()[0]}", end="")
    codes.append(process.returncode)
bad = [code for code in codes if code not in (0, 77)]
sys.exit(bad[0] if bad else max(codes))
