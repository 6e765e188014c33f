// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/u256.h"

bool pp_u256_to_u128(pp_u128 *out, const pp_u256 *x) {
    if (x->v[2] | x->v[3]) return false;
    *out = (pp_u128)x->v[0] | (pp_u128)x->v[1] << 64;
    return true;
}

bool pp_u256_is_zero(const pp_u256 *x) {
    return (x->v[0] | x->v[1] | x->v[2] | x->v[3]) == 0;
}

int pp_u256_cmp(const pp_u256 *a, const pp_u256 *b) {
    for (int i = 3; i >= 0; i--) {
        if (a->v[i] != b->v[i]) return a->v[i] < b->v[i] ? -1 : 1;
    }
    return 0;
}

bool pp_u256_add(pp_u256 *out, const pp_u256 *a, const pp_u256 *b) {
    pp_u256 r;
    pp_u128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (pp_u128)a->v[i] + b->v[i];
        r.v[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry) return false;
    *out = r;
    return true;
}

bool pp_u256_sub(pp_u256 *out, const pp_u256 *a, const pp_u256 *b) {
    if (pp_u256_cmp(a, b) < 0) return false;
    pp_u256 r;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        pp_u128 d = (pp_u128)a->v[i] - b->v[i] - borrow;
        r.v[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    *out = r;
    return true;
}

bool pp_u256_mul_u64(pp_u256 *out, const pp_u256 *a, uint64_t b) {
    pp_u256 r;
    pp_u128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (pp_u128)a->v[i] * b;
        r.v[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry) return false;
    *out = r;
    return true;
}

void pp_u256_load_be(pp_u256 *out, const uint8_t in[32]) {
    for (int i = 0; i < 4; i++) out->v[i] = pp_load_be64(in + 8 * (3 - i));
}

void pp_u256_store_be(uint8_t out[32], const pp_u256 *x) {
    for (int i = 0; i < 4; i++) pp_store_be64(out + 8 * (3 - i), x->v[i]);
}

static uint32_t div10(uint32_t limb[8]) {
    uint64_t rest = 0;
    for (int i = 7; i >= 0; i--) {
        uint64_t cur = rest << 32 | limb[i];
        limb[i] = (uint32_t)(cur / 10);
        rest = cur % 10;
    }
    return (uint32_t)rest;
}

char *pp_u256_dec(char out[80], const pp_u256 *x) {
    uint32_t limb[8];
    for (int i = 0; i < 8; i++) limb[i] = (uint32_t)(x->v[i / 2] >> (32 * (i % 2)));
    char digits[80];
    int n = 0;
    uint32_t any;
    do {
        digits[n++] = (char)('0' + div10(limb));
        any = 0;
        for (int i = 0; i < 8; i++) any |= limb[i];
    } while (any);
    for (int i = 0; i < n; i++) out[i] = digits[n - 1 - i];
    out[n] = 0;
    return out;
}

bool pp_u256_parse(pp_u256 *out, const char *text) {
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t radix = hex ? 16 : 10;
    if (hex) text += 2;
    if (*text == 0) return false;
    pp_u256 r = {{0}};
    for (; *text; text++) {
        char c = *text;
        uint64_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint64_t)(c - '0');
        } else if (hex && c >= 'a' && c <= 'f') {
            digit = (uint64_t)(c - 'a') + 10;
        } else if (hex && c >= 'A' && c <= 'F') {
            digit = (uint64_t)(c - 'A') + 10;
        } else {
            return false;
        }
        pp_u256 d = pp_u256_from_u64(digit);
        if (!pp_u256_mul_u64(&r, &r, radix) || !pp_u256_add(&r, &r, &d)) return false;
    }
    *out = r;
    return true;
}
