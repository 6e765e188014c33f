// SPDX-License-Identifier: MIT OR Apache-2.0
// Unsigned 256-bit integers: Ethereum values and balances. Pure.
#ifndef PP_BASE_U256_H
#define PP_BASE_U256_H

#include "base/base.h"

// Four 64-bit limbs, least significant first.
typedef struct pp_u256 {
    uint64_t v[4];
} pp_u256;

static inline pp_u256 pp_u256_from_u64(uint64_t x) {
    return (pp_u256){{x, 0, 0, 0}};
}
static inline pp_u256 pp_u256_from_u128(pp_u128 x) {
    return (pp_u256){{(uint64_t)x, (uint64_t)(x >> 64), 0, 0}};
}
// True and *out written when x < 2^128.
PP_NODISCARD bool pp_u256_to_u128(pp_u128 *out, const pp_u256 *x);
bool pp_u256_is_zero(const pp_u256 *x);
// -1, 0, 1 as a is less than, equal to, greater than b.
int pp_u256_cmp(const pp_u256 *a, const pp_u256 *b);
// Sum, difference, product: false when the result leaves [0, 2^256), *out then untouched.
// out may be a or b.
PP_NODISCARD bool pp_u256_add(pp_u256 *out, const pp_u256 *a, const pp_u256 *b);
PP_NODISCARD bool pp_u256_sub(pp_u256 *out, const pp_u256 *a, const pp_u256 *b);
PP_NODISCARD bool pp_u256_mul_u64(pp_u256 *out, const pp_u256 *a, uint64_t b);
// a b + c = *quotient m + *rest with *rest < m; m = 0 stands for 2^256. False, and both untouched,
// when the quotient does not fit 256 bits: it always does for m = 0, and where a or b is below m.
// The machine's accelerator of this name does the same (vm/abi.h).
PP_NODISCARD bool pp_u256_mul_add_mod(pp_u256 *rest, pp_u256 *quotient, const pp_u256 *a,
                                      const pp_u256 *b, const pp_u256 *c, const pp_u256 *m);
// 32 bytes big-endian, as Ethereum writes them.
void pp_u256_load_be(pp_u256 *out, const uint8_t in[32]);
void pp_u256_store_be(uint8_t out[32], const pp_u256 *x);
// Decimal digits and a NUL into out[80]; returns out.
char *pp_u256_dec(char out[80], const pp_u256 *x);
// Parses "0x…" hex (1 to 64 digits) or decimal, the whole text. False on anything else.
PP_NODISCARD bool pp_u256_parse(pp_u256 *out, const char *text);

#endif
