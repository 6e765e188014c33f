#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Cost against cycles, from 10^5 to 10^8, as an SVG: the plan's committed cells (the same on every machine),
and times where they were measured.

usage: tools/plot_cost.py BUILD-FOLDER OUT.svg [GUEST:CYCLES:SECONDS ...]"""
import json
import math
import pathlib
import subprocess
import sys

GUESTS = {"fib": (5, "#1f77b4"), "sha256_chain": (4119, "#d62728"), "quicksort": (170, "#2ca02c")}
build, out, measured = pathlib.Path(sys.argv[1]), sys.argv[2], [m.split(":") for m in sys.argv[3:]]


def plan(guest, n):
    r = subprocess.run([build / "bin" / "polypoly", "prove", build / "guests" / f"{guest}.elf", "--input-u64", str(n),
                        "--plan", "-", "--json"], stdout=subprocess.PIPE, check=True)
    p = json.loads(r.stdout)
    return p["cycles"], p["cells"], p["shards"]


points = {g: [plan(g, max(1, round(c / a))) for c in (1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8)] for g, (a, _) in GUESTS.items()}
W, H, L, B = 640, 440, 70, 50


def x(cycles):
    return L + (math.log10(cycles) - 5) / 3.1 * (W - L - 20)


def y(value, low):
    return H - B - (math.log10(value) - low) / 3.6 * (H - B - 30)


svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{W}" height="{H}" font-family="sans-serif" font-size="12">',
       f'<rect width="{W}" height="{H}" fill="white"/>']
for e in range(5, 9):
    svg.append(f'<line x1="{x(10**e):.1f}" y1="30" x2="{x(10**e):.1f}" y2="{H-B}" stroke="#ddd"/>'
               f'<text x="{x(10**e):.1f}" y="{H-B+18}" text-anchor="middle">10^{e}</text>')
for e in range(6, 10):
    svg.append(f'<line x1="{L}" y1="{y(10**e, 6):.1f}" x2="{W-20}" y2="{y(10**e, 6):.1f}" stroke="#ddd"/>'
               f'<text x="{L-8}" y="{y(10**e, 6)+4:.1f}" text-anchor="end">10^{e}</text>')
svg.append(f'<text x="{W/2}" y="{H-10}" text-anchor="middle">cycles</text>'
           f'<text x="{L}" y="18">committed cells (lines) and seconds times 10^7 (crosses, measured)</text>')
for i, (g, (_, colour)) in enumerate(GUESTS.items()):
    path = " ".join(f"{x(c):.1f},{y(v, 6):.1f}" for c, v, _ in points[g])
    svg.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    svg += [f'<circle cx="{x(c):.1f}" cy="{y(v, 6):.1f}" r="3" fill="{colour}"/>' for c, v, _ in points[g]]
    svg.append(f'<text x="{W-150}" y="{H-B-60+16*i}" fill="{colour}">{g}</text>')
for g, c, s in measured:
    px, py = x(float(c)), y(float(s) * 1e7, 6)
    svg.append(f'<path d="M{px-5:.1f} {py:.1f}h10M{px:.1f} {py-5:.1f}v10" stroke="{GUESTS[g][1]}" stroke-width="2"/>')
svg.append("</svg>")
pathlib.Path(out).write_text("\n".join(svg) + "\n")
for g, ps in points.items():
    for c, v, s in ps:
        print(f"| {g} | {c:,} | {v:,} | {v / c:.2f} | {s} |")
