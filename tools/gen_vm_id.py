#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes src/vm/vm_id.inc, the hash of the virtual machine's tables, as a built program says it.

After every change of the tables: build, run this, build again. A test (rv64) fails until then.
Usage: tools/gen_vm_id.py [BUILD-FOLDER]
"""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[1]
build = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "build"
text = subprocess.run([build / "bin" / "polypoly", "tables"], capture_output=True, check=True, text=True).stdout
digits = re.search(r"^vm_id 0x([0-9a-f]{64})$", text, re.M)[1]
lines = ["// SPDX-License-Identifier: MIT OR Apache-2.0", "// Written by tools/gen_vm_id.py."]
lines += [", ".join(f"0x{b:02x}" for b in bytes.fromhex(digits[i:i + 16])) + "," for i in range(0, 64, 16)]
(root / "src" / "vm" / "vm_id.inc").write_text("\n".join(lines) + "\n")
