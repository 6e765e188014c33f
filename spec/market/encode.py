# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keccak-256 and encodings: little-endian, fixed width."""
try:
    from Crypto.Hash import keccak as _fast

    def keccak(data):
        return _fast.new(digest_bits=256, data=data).digest()

    FAST = True
except ImportError:  # the permutation in Python: correct, and a thousand times slower
    FAST = False
    _RC, _lfsr = [], 1
    for _ in range(24):
        _word = 0
        for _j in range(7):
            if _lfsr & 1:
                _word |= 1 << ((1 << _j) - 1)
            _lfsr = (_lfsr << 1) ^ (0x171 if _lfsr & 0x80 else 0)
        _RC.append(_word)
    _STEPS, (_x, _y) = [], (1, 0)  # where rho and pi send each lane, and how far it turns
    for _t in range(24):
        _STEPS.append((_x, _y, ((_t + 1) * (_t + 2) // 2) % 64))
        _x, _y = _y, (2 * _x + 3 * _y) % 5

    def _turn(x, n):
        return f"(({x} << {n}) & MASK | {x} >> {64 - n})" if n else x

    # The permutation as straight code over 25 names, written here: with lists it takes three times
    # as long.
    _names = ", ".join(f"a{i}" for i in range(25))
    _code = [f"def _permute(a):\n {_names} = a\n for rc in RC:"]
    for _x in range(5):
        _code.append(f"c{_x} = " + " ^ ".join(f"a{_i}" for _i in range(_x, 25, 5)))
    for _x in range(5):
        _code.append(f"d = c{(_x + 4) % 5} ^ " + _turn(f"c{(_x + 1) % 5}", 1))
        _code += [f"a{_i} ^= d" for _i in range(_x, 25, 5)]
    _code.append("b0 = a0")
    for _x, _y, _n in _STEPS:
        _code.append(f"b{_y + 5 * ((2 * _x + 3 * _y) % 5)} = " + _turn(f"a{_x + 5 * _y}", _n))
    for _i in range(25):
        _x, _row = _i % 5, _i - _i % 5
        _code.append(f"a{_i} = b{_i} ^ (~b{_row + (_x + 1) % 5} & b{_row + (_x + 2) % 5})")
    _made = {"RC": _RC, "MASK": (1 << 64) - 1}
    exec("\n  ".join(_code) + f"\n  a0 ^= rc\n return [{_names}]", _made)  # pylint: disable=exec-used
    _permute = _made["_permute"]

    def keccak(data):
        data = bytearray(data) + b"\x01"
        data += bytes(-len(data) % 136)
        data[-1] |= 0x80
        a = [0] * 25
        for at in range(0, len(data), 136):
            for i in range(17):
                a[i] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
            a = _permute(a)
        return b"".join(x.to_bytes(8, "little") for x in a[:4])


assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def u8(v):
    return int(v).to_bytes(1, "little")


def u32(v):
    return v.to_bytes(4, "little")


def u64(v):
    return v.to_bytes(8, "little")


def u128(v):
    return v.to_bytes(16, "little")


def num(v):
    """Its length in bytes, and those bytes."""
    return u8((v.bit_length() + 7) // 8) + v.to_bytes((v.bit_length() + 7) // 8, "little")


def nums(*values):
    return b"".join(num(int(v)) for v in values)


def who(account):
    return num(0 if account in (None, NOBODY) else account + 1)


NOBODY = 0xFFFFFFFF
