// SPDX-License-Identifier: MIT OR Apache-2.0
// Fibonacci numbers modulo 2^32, n steps (default 100,000). Output: fib(n), u32 little-endian.
#include "polypoly.h"

int main(void) {
    uint64_t n = pp_input_u64(100000);
    uint32_t a = 0, b = 1;
    for (uint64_t i = 0; i < n; i++) {
        uint32_t c = a + b;
        a = b;
        b = c;
        __asm__ volatile("" : "+r"(a), "+r"(b)); // every step is a step: no closed form, no unroll
    }
    write_output((const uint8_t *)&a, sizeof a);
    return 0;
}
