// SPDX-License-Identifier: MIT OR Apache-2.0
// The bump allocator: memory from _heap_start upwards, given out once, never taken back. A guest
// runs once and ends, so freeing would only cost cycles. Fresh heap pages are zero.
#include "polypoly.h"
#include "stdlib.h"
#include "string.h"

static uint8_t *next = _heap_start;

void *pp_alloc(size_t size) {
    size_t room = (size_t)(_heap_end - next);
    if (size > room) return NULL;
    size_t rounded = (size + 15) & ~(size_t)15;
    void *p = next;
    next = rounded < room ? next + rounded : _heap_end;
    return p;
}

// malloc'ed blocks carry their size in front, for realloc.
void *malloc(size_t size) {
    if (size > SIZE_MAX - 16) return NULL;
    uint8_t *p = pp_alloc(size + 16);
    if (p == NULL) return NULL;
    memcpy(p, &size, sizeof size);
    return p + 16;
}

void *calloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    return malloc(total); // never used before, so zero
}

void *realloc(void *old, size_t size) {
    void *p = malloc(size);
    if (p == NULL || old == NULL) return p;
    size_t had;
    memcpy(&had, (uint8_t *)old - 16, sizeof had);
    memcpy(p, old, had < size ? had : size);
    return p;
}

void free(void *p) {
    (void)p;
}
