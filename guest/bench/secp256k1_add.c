// SPDX-License-Identifier: MIT OR Apache-2.0
// The generator of secp256k1, with its multiple by 2^128 added n times (default 1). Output: the
// sum.
#include "polypoly.h"
#include "sign/calls.h"
#include "sign/secp256k1.inc"

int main(void) {
    affine sum = g_table[0][0];
    for (uint64_t n = pp_input_u64(1); n > 0; n--) pp_call_add(&g_table[1][0], 0, &sum);
    write_output((const uint8_t *)&sum, sizeof sum);
    return 0;
}
