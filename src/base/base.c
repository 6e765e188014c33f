// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/base.h"

void *pp_arena_alloc(pp_arena *a, size_t size, size_t align) {
    PP_ASSERT(align != 0 && (align & (align - 1)) == 0);
    size_t misfit = (size_t)((uintptr_t)(a->base + a->used) & (align - 1));
    size_t skip = misfit == 0 ? 0 : align - misfit;
    size_t left = a->size - a->used;
    if (skip > left || size > left - skip) return NULL;
    uint8_t *p = a->base + a->used + skip;
    a->used += skip + size;
    memset(p, 0, size);
    return p;
}

void pp_hex_encode(char *out, const uint8_t *data, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * size] = 0;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool pp_hex_decode(uint8_t *out, size_t size, const char *text) {
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) text += 2;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]);
        if (high < 0) return false;
        int low = hex_digit(text[2 * i + 1]);
        if (low < 0) return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * size] == 0;
}

// Divides the base-2^32 number by ten in place; returns the remainder. Avoids the compiler's
// 128-bit division helper, which guests and wasm32 do not have.
static uint32_t div10(uint32_t limb[4]) {
    uint64_t rest = 0;
    for (int i = 3; i >= 0; i--) {
        uint64_t cur = rest << 32 | limb[i];
        limb[i] = (uint32_t)(cur / 10);
        rest = cur % 10;
    }
    return (uint32_t)rest;
}

char *pp_u128_dec(char out[40], pp_u128 v) {
    uint32_t limb[4];
    for (int i = 0; i < 4; i++) limb[i] = (uint32_t)(v >> (32 * i));
    char digits[40];
    int n = 0;
    do {
        digits[n++] = (char)('0' + div10(limb));
    } while (limb[0] | limb[1] | limb[2] | limb[3]);
    for (int i = 0; i < n; i++) out[i] = digits[n - 1 - i];
    out[n] = 0;
    return out;
}

bool pp_u128_parse(pp_u128 *out, const char *text) {
    pp_u128 v = 0;
    if (*text == 0) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        if (!pp_u128_mul(&v, v, 10) || !pp_u128_add(&v, v, (pp_u128)(*text - '0'))) return false;
    }
    *out = v;
    return true;
}
