#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes src/hash/poseidon2_constants.inc: the round constants of Poseidon2 over KoalaBear, width 24.

They come from the Grain LFSR in self-shrinking mode, as in the Poseidon paper (eprint 2019/458,
appendix F), with field 1 (prime), S-box 0 (x^alpha), n = 31, t = 24, R_F = 8, R_P = 23; the diagonal
of the internal matrix is the one Plonky3 publishes for this field and width. The result is compared
with Plonky3's published constants by their first and last values below.

usage: tools/gen_poseidon2.py [--check]
"""
import pathlib
import sys

P = 2**31 - 2**24 + 1
WIDTH, FULL, PARTIAL, BITS = 24, 8, 23, 31


def grain():
    state = []
    for value, size in ((1, 2), (0, 4), (BITS, 12), (WIDTH, 12), (FULL, 10), (PARTIAL, 10), (2**30 - 1, 30)):
        state += [int(b) for b in format(value, f"0{size}b")]

    def step():
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.append(bit)
        state.pop(0)
        return bit
    for _ in range(160):
        step()
    while True:
        keep, bit = step(), step()
        if keep:
            yield bit


def numbers():
    bits = grain()
    while True:
        value = 0
        for _ in range(BITS):
            value = value << 1 | next(bits)
        if value < P:
            yield value


def inverse_power(k):
    return pow(pow(2, k, P), -1, P)


DIAGONAL = [-2, 1, 2, inverse_power(1), 3, 4, -inverse_power(1), -3, -4,
            inverse_power(8), *(inverse_power(k) for k in (2, 3, 4, 5, 6, 24)),
            *(-inverse_power(k) for k in (8, 3, 4, 5, 6, 7, 9, 24))]


def montgomery(x):
    return x * 2**32 % P


def block(values):
    rows = [values[i:i + 6] for i in range(0, len(values), 6)]
    return "\n".join("    " + " ".join(f"{{0x{montgomery(v % P):08x}}}," for v in row) for row in rows)


def less_p(values):
    rows = [values[i:i + 6] for i in range(0, len(values), 6)]
    return "\n".join("    " + " ".join(f"0x{(montgomery(v) - P) % 2**32:08x}," for v in row) for row in rows)


# The register kernels keep the lanes of -1/2^n, n >= 7, with an offset o: there a round makes
# sum + LIFT - z / 2^n of z = x + o, which is x' + o for o (1 + 1/2^n) = LIFT.
LIFT = 2**25


def offsets():
    far = {-inverse_power(n) % P: n for n in (7, 8, 9, 24)}
    return [LIFT * pow(1 + inverse_power(far[d % P]), -1, P) % P if d % P in far else 0 for d in DIAGONAL]


def main():
    source = numbers()
    first = [next(source) for _ in range(WIDTH * FULL // 2)]
    middle = [next(source) for _ in range(PARTIAL)]
    last = [next(source) for _ in range(WIDTH * FULL // 2)]
    assert len(DIAGONAL) == WIDTH
    assert (first[0], first[-1]) == (0x1d0939dc, 0x2933bdde)
    assert (middle[0], middle[-1]) == (0x1395d4ca, 0x3de4e739)
    assert (last[0], last[-1]) == (0x7d232359, 0x289b4e1e)
    text = f"""// SPDX-License-Identifier: MIT OR Apache-2.0
// Made by tools/gen_poseidon2.py; do not edit. Values in Montgomery form.
static const pp_fp external_constants[{FULL}][{WIDTH}] = {{
"""
    external = first + last
    for r in range(FULL):
        text += "    {\n" + block(external[r * WIDTH:(r + 1) * WIDTH]) + "\n    },\n"
    text += f"}};\n// The same less p, as two's complement: the register kernels add one or the other.\n"
    text += f"static const uint32_t external_less_p[{FULL}][{WIDTH}] = {{\n"
    for r in range(FULL):
        text += "    {\n" + less_p(external[r * WIDTH:(r + 1) * WIDTH]) + "\n    },\n"
    text += f"}};\nstatic const pp_fp internal_constants[{PARTIAL}] = {{\n{block(middle)}\n}};\n"
    text += f"// The internal matrix is all ones plus this diagonal.\nstatic const pp_fp internal_diagonal[{WIDTH}] = {{\n{block(DIAGONAL)}\n}};\n"
    words = offsets()
    rows = "\n".join("    " + " ".join(f"0x{o:08x}," for o in words[i:i + 6]) for i in range(0, WIDTH, 6))
    text += f"// What the register kernels keep lanes of the internal rounds with, and minus the sum of it; plain numbers.\n"
    text += f"static const uint32_t internal_offsets[{WIDTH}] = {{\n{rows}\n}};\n"
    text += f"enum {{ INTERNAL_LIFT = 0x{LIFT:x}, INTERNAL_LESS_OFFSETS = 0x{-sum(words) % P:08x} }};\n"
    path = pathlib.Path(__file__).resolve().parent.parent / "src/hash/poseidon2_constants.inc"
    if "--check" in sys.argv:
        sys.exit(0 if path.read_text() == text else f"{path} is not what {__file__} writes")
    path.write_text(text)


if __name__ == "__main__":
    main()
