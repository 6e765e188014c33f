// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/keccak.h"

#include "hash/keccak_round.h"

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

#if defined(PP_KECCAK_UNROLLED) || defined(PP_GUEST_MACHINE)
void pp_keccak_f1600_plain(uint64_t s[25]) {
#else
void pp_keccak_f1600(uint64_t s[25]) {
#endif
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], t;
        for (int x = 0; x < 5; x++) c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ PP_KECCAK_ROTL(c[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5) s[x + y] ^= d;
        }
        uint64_t moving = s[1];
#define X(lane, by)                                                                                \
    t = s[lane];                                                                                   \
    s[lane] = PP_KECCAK_ROTL(moving, by);                                                          \
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
        s[0] ^= pp_keccak_round_constants[round];
    }
}

// The same with the 25 lanes in variables and two rounds a turn, from one set to the other and
// back: three times as fast where there are registers for it. On other targets the plain one is
// smaller.
#ifdef PP_KECCAK_UNROLLED
void pp_keccak_f1600(uint64_t s[25]) {
#define LOAD(i) uint64_t a##i = s[i], e##i;
    PP_KECCAK_LANES(LOAD)
#undef LOAD
    PP_KECCAK_ROUNDS(uint64_t)
#define STORE(i) s[i] = a##i;
    PP_KECCAK_LANES(STORE)
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

void pp_keccak256_each(const pp_keccak_message *messages, size_t n) {
    for (size_t i = 0; i < n; i++)
        pp_keccak256(messages[i].out, messages[i].data, messages[i].size);
}
