// SPDX-License-Identifier: MIT OR Apache-2.0
// x = x y + x mod p, n times (default 1), p secp256k1's prime. Output: x.
#include "polypoly.h"
#include "sign/calls.h"

int main(void) {
    static const num p = {{0 - FE_C, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    num x = {{1, 2, 3, 4}};
    const num y = {{5, 6, 7, 8}};
    for (uint64_t n = pp_input_u64(1); n > 0; n--) pp_call_mulmod(&x, &y, &x, &p, &x);
    write_output((const uint8_t *)&x, sizeof x);
    return 0;
}
