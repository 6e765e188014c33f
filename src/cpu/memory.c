// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cpu/memory.h"

#include <stdlib.h>
#include <sys/mman.h>

static const size_t huge = (size_t)2 << 20;

void *pp_large_alloc(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / 2 / size) return NULL;
    size_t unit = count * size >= 2 * huge ? huge : 64;
    size_t bytes = (count * size + unit) / unit * unit;
    void *p = aligned_alloc(unit, bytes);
    if (p && unit == huge) (void)madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

// Memory fresh from the system is zero already: calloc knows, and does not touch it.
void *pp_large_zeroed(size_t count, size_t size) {
    uint8_t *p = calloc(count, size);
    if (!p || count * size < 2 * huge) return p;
    size_t before = (huge - (uintptr_t)p % huge) % huge;
    (void)madvise(p + before, (count * size - before) / huge * huge, MADV_HUGEPAGE);
    return p;
}
