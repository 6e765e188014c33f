# SPDX-License-Identifier: MIT OR Apache-2.0
"""The memory tree, program_id and input_id, written from docs/vm.md and src/vm/memtree.h alone.

An independent reference for tests: it shares no code with the program but the round constants'
generator, tools/gen_poseidon2.py, which is held against published values of its own. Slow and plain.
"""
import functools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import gen_poseidon2 as constants  # noqa: E402
from market import keccak  # noqa: E402

P = constants.P
WIDTH, HALF, PARTIAL, RATE, DIGEST = 24, 4, 23, 15, 9
_source = constants.numbers()
FIRST = [[next(_source) for _ in range(WIDTH)] for _ in range(HALF)]
MIDDLE = [next(_source) for _ in range(PARTIAL)]
LAST = [[next(_source) for _ in range(WIDTH)] for _ in range(HALF)]

PAGE, QUARTER_DEPTH = 512, 19
NONE, RO, RW, RX = 0, 1, 2, 3
PROGRAM_END = 1 << 28


def external(s):
    # Poseidon2, section 5.1: circ(2 M4, M4, …) with M4 = circ(2, 3, 1, 1) by rows.
    m4 = [[2, 3, 1, 1], [1, 2, 3, 1], [1, 1, 2, 3], [3, 1, 1, 2]]
    out = []
    for b in range(0, WIDTH, 4):
        out += [sum(m * x for m, x in zip(row, s[b:b + 4])) for row in m4]
    sums = [sum(out[i::4]) for i in range(4)]
    return [(x + sums[i % 4]) % P for i, x in enumerate(out)]


def permute(s):
    s = external(s)
    for row in FIRST:
        s = external([pow(x + c, 3, P) for x, c in zip(s, row)])
    for c in MIDDLE:
        s[0] = pow(s[0] + c, 3, P)
        total = sum(s)
        s = [(total + d * x) % P for d, x in zip(constants.DIAGONAL, s)]
    for row in LAST:
        s = external([pow(x + c, 3, P) for x, c in zip(s, row)])
    return s


def leaf(elements, domain, parameter):
    s = [0] * RATE + [domain, parameter, len(elements) % 2**24, len(elements) >> 24] + [0] * 5
    for at in range(0, max(len(elements), 1), RATE):
        for i, x in enumerate(elements[at:at + RATE]):
            s[i] = (s[i] + x) % P
        s = permute(s)
    return tuple(s[:DIGEST])


@functools.cache
def node(left, right):
    return tuple(permute(list(left) + list(right) + [16, 0, 0, 0, 0, 0])[:DIGEST])


@functools.cache
def page_leaf(data, permission):
    limbs = [int.from_bytes(data[i:i + 2], "little") for i in range(0, PAGE, 2)]
    return leaf([] if permission == NONE else limbs, 1, permission)


def quarter(pages):
    """pages: number -> (512 bytes, permission); all others are NONE."""
    level = {n: page_leaf(data, permission) for n, (data, permission) in pages.items()}
    empty = page_leaf(bytes(PAGE), NONE)
    for _ in range(QUARTER_DEPTH):
        level = {n: node(level.get(2 * n, empty), level.get(2 * n + 1, empty))
                 for n in {n // 2 for n in level}}
        empty = node(empty, empty)
    return level.get(0, empty)


def encode(digest):
    return b"".join(x.to_bytes(4, "little") for x in digest)


def program_id(elf, vm_id):
    def u(at, size):
        return int.from_bytes(elf[at:at + size], "little")
    pages = {}
    for i in range(u(56, 2)):
        h = u(32, 8) + i * u(54, 2)
        if u(h, 4) != 1 or u(h + 40, 8) == 0:
            continue
        permission = {4: RO, 6: RW, 5: RX, 1: RX}[u(h + 4, 4)]
        offset, start, given, size = u(h + 8, 8), u(h + 16, 8), u(h + 32, 8), u(h + 40, 8)
        assert start >= 4096 and start + size <= PROGRAM_END
        for n in range(start // PAGE, (start + size - 1) // PAGE + 1):
            data = bytearray(pages.get(n, (bytes(PAGE), permission))[0])
            low, high = max(start, n * PAGE), min(start + given, (n + 1) * PAGE)
            if low < high:
                data[low - n * PAGE:high - n * PAGE] = elf[offset + low - start:offset + high - start]
            pages[n] = (bytes(data), permission)
    return keccak(b"polypoly/program/1" + vm_id + encode(quarter(pages)) + elf[24:32])


def input_id(data):
    memory = len(data).to_bytes(8, "little") + data
    memory += bytes(-len(memory) % PAGE)
    pages = {n: (memory[n * PAGE:(n + 1) * PAGE], RO) for n in range(len(memory) // PAGE)}
    return keccak(b"polypoly/input/1" + encode(quarter(pages)))
