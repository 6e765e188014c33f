// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/keccak.h"

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

static inline uint64_t rotl(uint64_t x, unsigned n) {
    return x << n | x >> (64 - n);
}

// Rho and pi along the one cycle of 24 lanes that pi makes, starting from lane 1.
#define RHO_PI(X)                                                                                  \
    X(10, 1)                                                                                       \
    X(7, 3)                                                                                        \
    X(11, 6)                                                                                       \
    X(17, 10)                                                                                      \
    X(18, 15)                                                                                      \
    X(3, 21)                                                                                       \
    X(5, 28)                                                                                       \
    X(16, 36)                                                                                      \
    X(8, 45)                                                                                       \
    X(21, 55)                                                                                      \
    X(24, 2)                                                                                       \
    X(4, 14)                                                                                       \
    X(15, 27)                                                                                      \
    X(23, 41)                                                                                      \
    X(19, 56)                                                                                      \
    X(13, 8)                                                                                       \
    X(12, 25)                                                                                      \
    X(2, 43)                                                                                       \
    X(20, 62)                                                                                      \
    X(14, 18)                                                                                      \
    X(22, 39)                                                                                      \
    X(9, 61)                                                                                       \
    X(6, 20)                                                                                       \
    X(1, 44)

#ifdef PP_KECCAK_UNROLLED
void pp_keccak_f1600_plain(uint64_t s[25]) {
#else
void pp_keccak_f1600(uint64_t s[25]) {
#endif
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], t;
        for (int x = 0; x < 5; x++) c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotl(c[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5) s[x + y] ^= d;
        }
        uint64_t moving = s[1];
#define X(lane, by)                                                                                \
    t = s[lane];                                                                                   \
    s[lane] = rotl(moving, by);                                                                    \
    moving = t;
        RHO_PI(X)
#undef X
        for (int y = 0; y < 25; y += 5) {
            uint64_t a = s[y], b = s[y + 1];
            s[y] ^= ~b & s[y + 2];
            s[y + 1] ^= ~s[y + 2] & s[y + 3];
            s[y + 2] ^= ~s[y + 3] & s[y + 4];
            s[y + 3] ^= ~s[y + 4] & a;
            s[y + 4] ^= ~a & b;
        }
        s[0] ^= round_constants[round];
    }
}

// The same with the 25 lanes in variables and two rounds a turn, from one set to the other and
// back: three times as fast where there are registers for it. On other targets the plain one is
// smaller.
#ifdef PP_KECCAK_UNROLLED
#define ROUND(A, E, rc)                                                                            \
    do {                                                                                           \
        uint64_t b0, b1, b2, b3, b4;                                                               \
        uint64_t c0 = A##0 ^ A##5 ^ A##10 ^ A##15 ^ A##20;                                         \
        uint64_t c1 = A##1 ^ A##6 ^ A##11 ^ A##16 ^ A##21;                                         \
        uint64_t c2 = A##2 ^ A##7 ^ A##12 ^ A##17 ^ A##22;                                         \
        uint64_t c3 = A##3 ^ A##8 ^ A##13 ^ A##18 ^ A##23;                                         \
        uint64_t c4 = A##4 ^ A##9 ^ A##14 ^ A##19 ^ A##24;                                         \
        uint64_t d0 = c4 ^ rotl(c1, 1);                                                            \
        uint64_t d1 = c0 ^ rotl(c2, 1);                                                            \
        uint64_t d2 = c1 ^ rotl(c3, 1);                                                            \
        uint64_t d3 = c2 ^ rotl(c4, 1);                                                            \
        uint64_t d4 = c3 ^ rotl(c0, 1);                                                            \
        b0 = (A##0 ^ d0);                                                                          \
        b1 = rotl(A##6 ^ d1, 44);                                                                  \
        b2 = rotl(A##12 ^ d2, 43);                                                                 \
        b3 = rotl(A##18 ^ d3, 21);                                                                 \
        b4 = rotl(A##24 ^ d4, 14);                                                                 \
        E##0 = b0 ^ (~b1 & b2);                                                                    \
        E##1 = b1 ^ (~b2 & b3);                                                                    \
        E##2 = b2 ^ (~b3 & b4);                                                                    \
        E##3 = b3 ^ (~b4 & b0);                                                                    \
        E##4 = b4 ^ (~b0 & b1);                                                                    \
        b0 = rotl(A##3 ^ d3, 28);                                                                  \
        b1 = rotl(A##9 ^ d4, 20);                                                                  \
        b2 = rotl(A##10 ^ d0, 3);                                                                  \
        b3 = rotl(A##16 ^ d1, 45);                                                                 \
        b4 = rotl(A##22 ^ d2, 61);                                                                 \
        E##5 = b0 ^ (~b1 & b2);                                                                    \
        E##6 = b1 ^ (~b2 & b3);                                                                    \
        E##7 = b2 ^ (~b3 & b4);                                                                    \
        E##8 = b3 ^ (~b4 & b0);                                                                    \
        E##9 = b4 ^ (~b0 & b1);                                                                    \
        b0 = rotl(A##1 ^ d1, 1);                                                                   \
        b1 = rotl(A##7 ^ d2, 6);                                                                   \
        b2 = rotl(A##13 ^ d3, 25);                                                                 \
        b3 = rotl(A##19 ^ d4, 8);                                                                  \
        b4 = rotl(A##20 ^ d0, 18);                                                                 \
        E##10 = b0 ^ (~b1 & b2);                                                                   \
        E##11 = b1 ^ (~b2 & b3);                                                                   \
        E##12 = b2 ^ (~b3 & b4);                                                                   \
        E##13 = b3 ^ (~b4 & b0);                                                                   \
        E##14 = b4 ^ (~b0 & b1);                                                                   \
        b0 = rotl(A##4 ^ d4, 27);                                                                  \
        b1 = rotl(A##5 ^ d0, 36);                                                                  \
        b2 = rotl(A##11 ^ d1, 10);                                                                 \
        b3 = rotl(A##17 ^ d2, 15);                                                                 \
        b4 = rotl(A##23 ^ d3, 56);                                                                 \
        E##15 = b0 ^ (~b1 & b2);                                                                   \
        E##16 = b1 ^ (~b2 & b3);                                                                   \
        E##17 = b2 ^ (~b3 & b4);                                                                   \
        E##18 = b3 ^ (~b4 & b0);                                                                   \
        E##19 = b4 ^ (~b0 & b1);                                                                   \
        b0 = rotl(A##2 ^ d2, 62);                                                                  \
        b1 = rotl(A##8 ^ d3, 55);                                                                  \
        b2 = rotl(A##14 ^ d4, 39);                                                                 \
        b3 = rotl(A##15 ^ d0, 41);                                                                 \
        b4 = rotl(A##21 ^ d1, 2);                                                                  \
        E##20 = b0 ^ (~b1 & b2);                                                                   \
        E##21 = b1 ^ (~b2 & b3);                                                                   \
        E##22 = b2 ^ (~b3 & b4);                                                                   \
        E##23 = b3 ^ (~b4 & b0);                                                                   \
        E##24 = b4 ^ (~b0 & b1);                                                                   \
        E##0 ^= (rc);                                                                              \
    } while (0)

// clang-format off: it never settles
#define EACH(X)                                                                                    \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)    \
    X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24)
// clang-format on

void pp_keccak_f1600(uint64_t s[25]) {
#define LOAD(i) uint64_t a##i = s[i], e##i;
    EACH(LOAD)
#undef LOAD
    for (int round = 0; round < 24; round += 2) {
        ROUND(a, e, round_constants[round]);
        ROUND(e, a, round_constants[round + 1]);
    }
#define STORE(i) s[i] = a##i;
    EACH(STORE)
#undef STORE
}
#endif

void pp_keccak_init(pp_keccak *k) {
    memset(k, 0, sizeof *k);
}

static void absorb_byte(pp_keccak *k, size_t at, uint8_t byte) {
    k->state[at / 8] ^= (uint64_t)byte << (8 * (at % 8));
}

void pp_keccak_update(pp_keccak *k, const void *data, size_t size) {
    const uint8_t *p = data;
    while (size > 0) {
#ifdef PP_KECCAK_UNROLLED
        if (k->used == 0 && size >= PP_KECCAK256_RATE) {
            for (size_t i = 0; i < PP_KECCAK256_RATE / 8; i++)
                k->state[i] ^= pp_load_le64(p + 8 * i);
            pp_keccak_f1600(k->state);
            p += PP_KECCAK256_RATE;
            size -= PP_KECCAK256_RATE;
            continue;
        }
#endif
        if (k->used % 8 == 0 && size >= 8) {
            k->state[k->used / 8] ^= pp_load_le64(p);
            k->used += 8;
            p += 8;
            size -= 8;
        } else {
            absorb_byte(k, k->used++, *p++);
            size--;
        }
        if (k->used < PP_KECCAK256_RATE) continue;
        pp_keccak_f1600(k->state);
        k->used = 0;
    }
}

void pp_keccak_final(pp_keccak *k, pp_hash32 *out) {
    absorb_byte(k, k->used, 0x01);
    absorb_byte(k, PP_KECCAK256_RATE - 1, 0x80);
    pp_keccak_f1600(k->state);
    for (int i = 0; i < 4; i++) pp_store_le64(out->b + 8 * i, k->state[i]);
}

void pp_keccak256(pp_hash32 *out, const void *data, size_t size) {
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, data, size);
    pp_keccak_final(&k, out);
}
