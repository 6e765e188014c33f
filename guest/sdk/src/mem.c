// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory and string functions compilers and C sources expect. Eight bytes at a time where both
// sides allow it; must be compiled so that no loop turns into a call of itself (flags-*.txt).
#include "string.h"

#include <stdint.h>

#undef memcpy
#undef memmove
#undef memset
#undef memcmp

typedef uint64_t __attribute__((may_alias, aligned(8))) word;

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((((uintptr_t)d ^ (uintptr_t)s) & 7) == 0) {
        while (((uintptr_t)d & 7) != 0 && size != 0) *d++ = *s++, size--;
        for (; size >= 32; size -= 32, d += 32, s += 32) {
            uint64_t a = ((const word *)s)[0], b = ((const word *)s)[1];
            uint64_t c = ((const word *)s)[2], e = ((const word *)s)[3];
            ((word *)d)[0] = a;
            ((word *)d)[1] = b;
            ((word *)d)[2] = c;
            ((word *)d)[3] = e;
        }
        for (; size >= 8; size -= 8, d += 8, s += 8) *(word *)d = *(const word *)s;
    } else if (size >= 16) {
        // Different alignments: aligned loads, joined by shifts, so that nothing is misaligned.
        while (((uintptr_t)d & 7) != 0) *d++ = *s++, size--;
        unsigned low = (unsigned)((uintptr_t)s & 7) * 8;
        const word *w = (const word *)((uintptr_t)s & ~(uintptr_t)7);
        uint64_t have = *w++;
        for (; size >= 16; size -= 8, d += 8, s += 8) {
            uint64_t next = *w++;
            *(word *)d = have >> low | next << (64 - low);
            have = next;
        }
    }
    while (size-- != 0) *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if (d == s || size == 0) return to;
    if (d + size <= s || s + size <= d) return memcpy(to, from, size);
    if (d < s && (((uintptr_t)d ^ (uintptr_t)s) & 7) != 0) {
        while (size-- != 0) *d++ = *s++;
        return to;
    }
    if (d < s) { // same alignment: word by word from the front
        while (((uintptr_t)d & 7) != 0 && size != 0) *d++ = *s++, size--;
        for (; size >= 8; size -= 8, d += 8, s += 8) *(word *)d = *(const word *)s;
        while (size-- != 0) *d++ = *s++;
        return to;
    }
    d += size;
    s += size;
    if ((((uintptr_t)d ^ (uintptr_t)s) & 7) == 0) {
        while (((uintptr_t)d & 7) != 0 && size != 0) *--d = *--s, size--;
        for (; size >= 8; size -= 8) d -= 8, s -= 8, *(word *)d = *(const word *)s;
    }
    while (size-- != 0) *--d = *--s;
    return to;
}

void *memset(void *to, int byte, size_t size) {
    uint8_t *d = to;
    uint64_t fill = 0x0101010101010101u * (uint8_t)byte;
    while (((uintptr_t)d & 7) != 0 && size != 0) *d++ = (uint8_t)byte, size--;
    for (; size >= 32; size -= 32, d += 32) {
        ((word *)d)[0] = fill;
        ((word *)d)[1] = fill;
        ((word *)d)[2] = fill;
        ((word *)d)[3] = fill;
    }
    for (; size >= 8; size -= 8, d += 8) *(word *)d = fill;
    while (size-- != 0) *d++ = (uint8_t)byte;
    return to;
}

// Where misaligned access is as it is in the machine, eight bytes anywhere are one load.
#ifdef __riscv_misaligned_fast
typedef uint64_t __attribute__((may_alias, aligned(1))) anywhere;
enum { ALIGNED = 0 };
#else
typedef word anywhere;
enum { ALIGNED = 7 };
#endif

int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *x = a, *y = b;
    if ((((uintptr_t)x | (uintptr_t)y) & ALIGNED) == 0)
        for (; size >= 8 && *(const anywhere *)x == *(const anywhere *)y; size -= 8) x += 8, y += 8;
    for (; size != 0; x++, y++, size--)
        if (*x != *y) return *x < *y ? -1 : 1;
    return 0;
}

void *memchr(const void *in, int byte, size_t size) {
    const uint8_t *p = in;
    for (; size != 0; p++, size--)
        if (*p == (uint8_t)byte) return (void *)(uintptr_t)p;
    return NULL;
}

size_t strlen(const char *s) {
    size_t n = 0;
    while (s[n] != 0) n++;
    return n;
}

int strcmp(const char *a, const char *b) {
    while (*a != 0 && *a == *b) a++, b++;
    return (int)(uint8_t)*a - (int)(uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t size) {
    for (; size != 0; a++, b++, size--)
        if (*a != *b || *a == 0) return (int)(uint8_t)*a - (int)(uint8_t)*b;
    return 0;
}
