#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every condition under which the market's engine refuses something has a name in guard.h.

usage: market_guards.py FOLDER

Reads the engine's sources: each alternative of a condition before `return PP_MARKET_<reason>` is a
PP_MARKET_GUARD, PP_MARKET_LIMIT or PP_MARKET_REASON; each name of the three lists is used, and in
one kind only. That a guard is needed is the model checker's to show (test_checker).
"""
import os
import re
import sys

FILES = "market settle reserve post step time".split()
LISTS = {"GUARD": "GUARDS", "LIMIT": "LIMITS", "REASON": "BETTER_REASONS"}
# Passed on from a function that refuses under names of its own, or a decoder's.
PASSED = re.compile(r"^(bad != PP_MARKET_OK|got != PP_MARKET_OK)$")


def names(folder):
    text = open(os.path.join(folder, "guard.h")).read()
    out = {}
    for kind, name in LISTS.items():
        body = re.search(rf"#define PP_MARKET_{name}\(X\)(.*?[^\\])\n", text, re.S).group(1)
        out[kind] = re.findall(r"X\((\w+),", body)
    return out


def closing(text, at):
    """The index behind the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i + 1
    raise ValueError("brackets do not close")


def alternatives(condition):
    """The parts of a condition between || outside of brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(condition):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if depth == 0 and condition[i:i + 2] == "||":
            parts.append(condition[start:i])
            start = i + 2
    return [" ".join(p.split()) for p in parts + [condition[start:]]]


def refusals(text):
    """(line, condition) of each if that returns a reason other than OK."""
    for match in re.finditer(r"\bif \(", text):
        end = closing(text, match.end() - 1)
        after = re.match(r"\s*\{?\s*return ([^;]*);", text[end:])
        what = after.group(1) if after else ""
        if "PP_MARKET_" in what and what not in ("PP_MARKET_OK", "PP_MARKET_NOBODY", "PP_MARKET_NONE"):
            yield text.count("\n", 0, match.start()) + 1, text[match.end():end - 1]


def main():
    folder, bad, used = sys.argv[1], [], {}
    for name in FILES:
        text = open(os.path.join(folder, name + ".c")).read()
        for kind, guard in re.findall(r"PP_MARKET_(GUARD|LIMIT|REASON)\((\w+)", text):
            used.setdefault(guard, set()).add(kind)
        for line, condition in refusals(re.sub(r"//[^\n]*", "", text)):
            for part in alternatives(condition):
                if not PASSED.match(part) and not re.match(r"PP_MARKET_(GUARD|LIMIT|REASON)\(", part):
                    bad.append(f"{name}.c:{line}: refuses without a name: {part}")
    listed = names(folder)
    for kind, all_of_it in listed.items():
        bad += [f"guard.h: {g} is not used" for g in all_of_it if kind not in used.get(g, ())]
    known = {(k, g) for k, all_of_it in listed.items() for g in all_of_it}
    bad += [f"{g} is no {k} of guard.h" for g, kinds in used.items() for k in kinds
            if (k, g) not in known]
    if bad:
        sys.exit("\n".join(bad))
    print(", ".join(f"{len(all_of_it)} {kind.lower()}s" for kind, all_of_it in listed.items()))


if __name__ == "__main__":
    main()
