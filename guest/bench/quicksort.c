// SPDX-License-Identifier: MIT OR Apache-2.0
// Quicksort of n pseudo-random u32 words (default 100,000). Output: the first, middle and last
// word of the sorted list, u32 little-endian; halts with 3 if it is not sorted.
#include "polypoly.h"

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t t = *a;
    *a = *b;
    *b = t;
}

// Sorts v[0..n); recurses into the smaller part only, so that the stack stays small.
static void sort(uint32_t *v, uint64_t n) {
    while (n > 1) {
        swap(&v[0], &v[n / 2]);
        uint32_t pivot = v[0];
        uint64_t i = 0, j = n;
        for (;;) {
            do i++;
            while (i < n && v[i] < pivot);
            do j--;
            while (v[j] > pivot);
            if (i >= j) break;
            swap(&v[i], &v[j]);
        }
        swap(&v[0], &v[j]);
        if (j < n - j - 1) {
            sort(v, j);
            v += j + 1;
            n -= j + 1;
        } else {
            sort(v + j + 1, n - j - 1);
            n = j;
        }
    }
}

int main(void) {
    uint64_t n = pp_input_u64(100000);
    if (n == 0 || n > 10000000) return n != 0;
    uint32_t *v = pp_alloc(n * 4), seed = 1;
    if (v == NULL) return 2;
    for (uint64_t i = 0; i < n; i++) v[i] = seed = seed * 1664525 + 1013904223;
    sort(v, n);
    for (uint64_t i = 1; i < n; i++)
        if (v[i - 1] > v[i]) return 3;
    uint32_t out[3] = {v[0], v[n / 2], v[n - 1]};
    write_output((const uint8_t *)out, sizeof out);
    return 0;
}
