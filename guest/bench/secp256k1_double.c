// SPDX-License-Identifier: MIT OR Apache-2.0
// The generator of secp256k1, doubled n times (default 1). Output: the point.
#include "polypoly.h"
#include "sign/calls.h"
#include "sign/secp256k1.inc"

int main(void) {
    affine sum = g_table[0][0];
    for (uint64_t n = pp_input_u64(1); n > 0; n--) pp_call_double(&sum);
    write_output((const uint8_t *)&sum, sizeof sum);
    return 0;
}
