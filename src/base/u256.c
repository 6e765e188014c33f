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

// ---- a b + c = q m + r --------------------------------------------------------------------------

// Digits of 32 bits: products of them and divisions by them are plain 64-bit arithmetic on every
// machine.
enum { DIGITS = 8 };

static void digits_of(uint32_t out[DIGITS], const pp_u256 *x) {
    for (int i = 0; i < DIGITS; i++) out[i] = (uint32_t)(x->v[i / 2] >> 32 * (i % 2));
}
static void number_of(pp_u256 *out, const uint32_t digits[DIGITS]) {
    for (int i = 0; i < 4; i++) out->v[i] = digits[2 * i] | (uint64_t)digits[2 * i + 1] << 32;
}

static void shift_left(uint32_t *digits, int len, unsigned bits) {
    int whole = (int)(bits / 32);
    unsigned part = bits % 32;
    for (int i = len - 1; i >= 0; i--) {
        uint64_t high = i >= whole ? digits[i - whole] : 0;
        uint64_t low = i > whole ? digits[i - whole - 1] : 0;
        digits[i] = (uint32_t)((high << 32 | low) << part >> 32);
    }
}
static void shift_right(uint32_t digits[DIGITS], unsigned bits) {
    int whole = (int)(bits / 32);
    unsigned part = bits % 32;
    for (int i = 0; i < DIGITS; i++) {
        uint64_t low = i + whole < DIGITS ? digits[i + whole] : 0;
        uint64_t high = i + whole + 1 < DIGITS ? digits[i + whole + 1] : 0;
        digits[i] = (uint32_t)((high << 32 | low) >> part);
    }
}

// u = q v + r, r in place of u's lower half: Knuth, The Art of Computer Programming 2, 4.3.1,
// algorithm D, where v's highest bit is set and u is below 2^256 v.
static void divide(uint32_t q[DIGITS], uint32_t u[2 * DIGITS], const uint32_t v[DIGITS]) {
    const uint64_t v1 = v[DIGITS - 1], v2 = v[DIGITS - 2];
    for (int j = DIGITS - 1; j >= 0; j--) {
        uint32_t *at = u + j;
        uint64_t top = (uint64_t)at[DIGITS] << 32 | at[DIGITS - 1];
        uint64_t guess = top / v1, rest = top % v1;
        while (guess >> 32 != 0 || guess * v2 > (rest << 32 | at[DIGITS - 2])) {
            guess--;
            rest += v1;
            if (rest >> 32 != 0) break;
        }
        uint64_t carry = 0, borrow = 0, d;
        for (int i = 0; i < DIGITS; i++) {
            carry += guess * v[i];
            d = (uint64_t)at[i] - (uint32_t)carry - borrow;
            at[i] = (uint32_t)d;
            borrow = d >> 63;
            carry >>= 32;
        }
        d = (uint64_t)at[DIGITS] - carry - borrow;
        at[DIGITS] = (uint32_t)d;
        if (d >> 63 != 0) { // one too many
            guess--;
            carry = 0;
            for (int i = 0; i < DIGITS; i++) {
                carry += (uint64_t)at[i] + v[i];
                at[i] = (uint32_t)carry;
                carry >>= 32;
            }
            at[DIGITS] += (uint32_t)carry;
        }
        q[j] = (uint32_t)guess;
    }
}

bool pp_u256_mul_add_mod(pp_u256 *rest, pp_u256 *quotient, const pp_u256 *a, const pp_u256 *b,
                         const pp_u256 *c, const pp_u256 *m) {
    uint32_t x[DIGITS], y[DIGITS], v[DIGITS], q[DIGITS], u[2 * DIGITS] = {0};
    digits_of(x, a);
    digits_of(y, b);
    digits_of(v, m);
    digits_of(u, c);
    for (int i = 0; i < DIGITS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < DIGITS; j++) {
            carry += (uint64_t)x[i] * y[j] + u[i + j];
            u[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        // The sum so far is below 2^(32 (i + 9)), c included.
        for (int j = i + DIGITS; carry != 0; j++) {
            carry += u[j];
            u[j] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    pp_u256 high;
    number_of(&high, u + DIGITS);
    if (pp_u256_is_zero(m)) {
        number_of(rest, u);
        *quotient = high;
        return true;
    }
    if (pp_u256_cmp(&high, m) >= 0) return false;
    unsigned bits = 0;
    while ((v[DIGITS - 1 - bits / 32] << bits % 32 >> 31) == 0) bits++;
    shift_left(v, DIGITS, bits);
    shift_left(u, 2 * DIGITS, bits);
    divide(q, u, v);
    shift_right(u, bits);
    number_of(rest, u);
    number_of(quotient, q);
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
