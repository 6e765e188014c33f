// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/sha256.h"

const uint32_t pp_sha256_constants[PP_SHA256_ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, unsigned n) {
    return x >> n | x << (32 - n);
}
// One round with the registers' names moved instead of their values.
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
    do {                                                                                           \
        uint32_t t = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) +          \
                     pp_sha256_constants[i] + w[(i) & 15];                                         \
        d += t;                                                                                    \
        h = t + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));              \
    } while (0)
#define SCHEDULE(i)                                                                                \
    (w[(i) & 15] +=                                                                                \
     (rotr(w[((i) + 14) & 15], 17) ^ rotr(w[((i) + 14) & 15], 19) ^ w[((i) + 14) & 15] >> 10) +    \
     w[((i) + 9) & 15] +                                                                           \
     (rotr(w[((i) + 1) & 15], 7) ^ rotr(w[((i) + 1) & 15], 18) ^ w[((i) + 1) & 15] >> 3))
#define EIGHT(i, S)                                                                                \
    do {                                                                                           \
        S(i), S(i + 1), S(i + 2), S(i + 3), S(i + 4), S(i + 5), S(i + 6), S(i + 7);                \
        ROUND(a, b, c, d, e, f, g, h, i);                                                          \
        ROUND(h, a, b, c, d, e, f, g, i + 1);                                                      \
        ROUND(g, h, a, b, c, d, e, f, i + 2);                                                      \
        ROUND(f, g, h, a, b, c, d, e, i + 3);                                                      \
        ROUND(e, f, g, h, a, b, c, d, i + 4);                                                      \
        ROUND(d, e, f, g, h, a, b, c, i + 5);                                                      \
        ROUND(c, d, e, f, g, h, a, b, i + 6);                                                      \
        ROUND(b, c, d, e, f, g, h, a, i + 7);                                                      \
    } while (0)
#define NOTHING(i) ((void)0)

void pp_sha256_compress_plain(uint8_t state[32], const uint8_t block[PP_SHA256_BLOCK]) {
    uint32_t w[16], s[8];
    for (size_t i = 0; i < 16; i++) w[i] = pp_load_be32(block + 4 * i);
    for (size_t i = 0; i < 8; i++) s[i] = pp_load_be32(state + 4 * i);
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    EIGHT(0, NOTHING);
    EIGHT(8, NOTHING);
    for (unsigned i = 16; i < PP_SHA256_ROUNDS; i += 16) {
        EIGHT(i, SCHEDULE);
        EIGHT(i + 8, SCHEDULE);
    }
    const uint32_t sum[8] = {s[0] + a, s[1] + b, s[2] + c, s[3] + d,
                             s[4] + e, s[5] + f, s[6] + g, s[7] + h};
    for (size_t i = 0; i < 8; i++) pp_store_be32(state + 4 * i, sum[i]);
}

#ifndef PP_GUEST_MACHINE
void pp_sha256_compress(uint8_t state[32], const uint8_t block[PP_SHA256_BLOCK]) {
    pp_sha256_compress_plain(state, block);
}
#endif

void pp_sha256(pp_hash32 *out, const void *data, size_t size) {
    static const uint8_t start[32] = {0x6a, 0x09, 0xe6, 0x67, 0xbb, 0x67, 0xae, 0x85,
                                      0x3c, 0x6e, 0xf3, 0x72, 0xa5, 0x4f, 0xf5, 0x3a,
                                      0x51, 0x0e, 0x52, 0x7f, 0x9b, 0x05, 0x68, 0x8c,
                                      0x1f, 0x83, 0xd9, 0xab, 0x5b, 0xe0, 0xcd, 0x19};
    _Alignas(8) uint8_t state[32], last[PP_SHA256_BLOCK] = {0};
    const uint8_t *at = data;
    const uint64_t bits = (uint64_t)size * 8;
    memcpy(state, start, sizeof state);
    for (; size >= PP_SHA256_BLOCK; at += PP_SHA256_BLOCK, size -= PP_SHA256_BLOCK)
        pp_sha256_compress(state, at);
    if (size != 0) memcpy(last, at, size);
    last[size] = 0x80;
    if (size >= PP_SHA256_BLOCK - 8) {
        pp_sha256_compress(state, last);
        memset(last, 0, sizeof last);
    }
    pp_store_be64(last + PP_SHA256_BLOCK - 8, bits);
    pp_sha256_compress(state, last);
    memcpy(out->b, state, sizeof out->b);
}
