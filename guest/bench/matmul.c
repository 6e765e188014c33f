// SPDX-License-Identifier: MIT OR Apache-2.0
// Product of two n by n matrices of u32 (default 64), arithmetic modulo 2^32. Output: the sum of
// the product's elements, each multiplied by its row number plus one; u32, little-endian.
#include "polypoly.h"

int main(void) {
    uint64_t n = pp_input_u64(64);
    if (n > 1024) return 1;
    uint32_t *a = pp_alloc(n * n * 4), *b = pp_alloc(n * n * 4), *c = pp_alloc(n * n * 4);
    if (a == NULL || b == NULL || c == NULL) return 2;
    for (uint64_t i = 0; i < n * n; i++) {
        a[i] = (uint32_t)i * 2654435761u;
        b[i] = (uint32_t)i * 2246822519u + 1;
    }
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = 0; j < n; j++) {
            uint32_t sum = 0;
            for (uint64_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
            c[i * n + j] = sum;
        }
    uint32_t result = 0;
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = 0; j < n; j++) result += c[i * n + j] * (uint32_t)(i + 1);
    write_output((const uint8_t *)&result, sizeof result);
    return 0;
}
