#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Do the documents speak of what is there?

- every relative link of a Markdown file leads to a file, and to a heading where it names one;
- every `path/in/the/tree` in back quotes exists (paths that start with a folder of the tree);
- every `make TARGET` is a target of the Makefile or of a guest project's, every `tools/x` a script;
- every row of README.md's table of numbers names the command that shows it;
- tools/deps.txt and docs/dependencies.md name the same packages;
- every folder of src/ stands in docs/architecture.md.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREE = ("src/", "guest/", "tools/", "docs/", "tests/", "fuzz/", "cmake/", "examples/", "spec/", ".ci/", "web/")
bad = []


def slug(heading):
    text = re.sub(r"[`*_]", "", heading.strip().lower())
    return re.sub(r" ", "-", re.sub(r"[^\w\- ]", "", text))


def prose(text):
    """The text without fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def check_links(path, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)) + re.findall(r'(?:src|href)="([^"]+)"', text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            bad.append(f"{path.relative_to(ROOT)}: link to {target}: no such file")
        elif anchor and file.suffix == ".md":
            slugs = [slug(h) for h in re.findall(r"^#+ (.*)$", file.read_text(), re.M)]
            if anchor not in slugs:
                bad.append(f"{path.relative_to(ROOT)}: link to {target}: no such heading")


def check_paths(path, text):
    # A guest's own project (polypoly new) has targets too, and the documents speak of them.
    targets = [target for makefile in ("Makefile", "guest/sdk/template/Makefile")
               for target in re.findall(r"^([\w-]+):", (ROOT / makefile).read_text(), re.M)]
    for quoted in re.findall(r"`([^`\n]+)`", prose(text)):
        first = quoted.split()[0] if quoted.split() else ""
        make = re.match(r"make ([a-z]+)$", quoted)
        if make and make[1] not in targets:
            bad.append(f"{path.relative_to(ROOT)}: `{quoted}`: no such target")
        if first.startswith(TREE) and not re.search(r"[*<{…]|NAME", first):
            name = first.rstrip(",;:").split(":")[0]
            if not (ROOT / name).exists():
                bad.append(f"{path.relative_to(ROOT)}: `{quoted}`: no such file")


def check_numbers():
    """README.md, section Numbers: what | number | command."""
    section = re.search(r"^## Numbers\n(.*?)(?=^## |\Z)", (ROOT / "README.md").read_text(), re.M | re.S)
    if not section:
        bad.append("README.md: no section Numbers")
        return
    rows = [r for r in section[1].splitlines() if r.startswith("|")][2:]
    for row in rows:
        cells = [c.strip() for c in row.strip("|").split("|")]
        if not re.search(r"`[^`]+`", cells[-1]):
            bad.append(f"README.md: number without a command: {cells[0]}")


def check_dependencies():
    wanted = {l.split()[1] for l in (ROOT / "tools/deps.txt").read_text().splitlines()
              if l and not l.startswith("#")}
    table = (ROOT / "docs/dependencies.md").read_text()
    named = set()
    for row in re.findall(r"^\|(.*)$", table, re.M):
        named |= set(re.findall(r"`([a-z0-9][a-z0-9.+-]+)`", row.split("|")[0]))
    for name in sorted(wanted - named):
        bad.append(f"docs/dependencies.md: does not name {name} (tools/deps.txt)")
    for name in sorted(named - wanted):
        bad.append(f"docs/dependencies.md: {name} is not in tools/deps.txt")


def check_architecture():
    text = (ROOT / "docs/architecture.md").read_text()
    for folder in sorted(p.name for p in (ROOT / "src").iterdir() if p.is_dir()):
        if not re.search(rf"\b{folder}/", text):
            bad.append(f"docs/architecture.md: does not name src/{folder}/")


files = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True).stdout.split()
for name in files:
    text = (ROOT / name).read_text()
    check_links(ROOT / name, text)
    check_paths(ROOT / name, text)
check_numbers()
check_dependencies()
check_architecture()
for line in bad:
    print(line, file=sys.stderr)
print(f"docs: {len(files)} files, {len(bad)} faults")
sys.exit(1 if bad else 0)
