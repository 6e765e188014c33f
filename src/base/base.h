// SPDX-License-Identifier: MIT OR Apache-2.0
// The language environment: integers, bytes, checked arithmetic, arena, broken invariants.
// Everything here is pure (no heap, stdio, threads, clock or float) and compiles for guests.
#ifndef PP_BASE_BASE_H
#define PP_BASE_BASE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Compiled for the virtual machine (docs/vm.md), not for a host that is a RISC-V too.
#if defined(__riscv) && !defined(__linux__)
#define PP_GUEST_MACHINE 1
#endif

// Three failures, three mechanisms: bad input gives a module's own reason code; the environment
// (disk, memory, network) gives a pp_err (base/err.h, native only); a broken invariant aborts,
// in release builds too.

// pp_panic ends the program after naming the broken invariant. Natively it prints to stderr and
// aborts; the guest library's version halts with a non-zero exit code. Never returns.
_Noreturn void pp_panic(const char *file, int line, const char *what);

#define PP_ASSERT(cond) ((cond) ? (void)0 : pp_panic(__FILE__, __LINE__, #cond))

#define PP_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PP_NODISCARD __attribute__((warn_unused_result))

// Unsigned 128 bits: money on the chain, in wei. All arithmetic on it goes through pp_u128_add,
// pp_u128_sub and pp_u128_mul where it could wrap.
typedef unsigned __int128 pp_u128;

// A borrowed run of bytes: the memory belongs to somebody else and must outlive the view.
typedef struct pp_bytes {
    const uint8_t *data;
    size_t size;
} pp_bytes;

// A 32-byte identifier (Keccak-256) and a 20-byte Ethereum address.
typedef struct pp_hash32 {
    uint8_t b[32];
} pp_hash32;
typedef struct pp_address {
    uint8_t b[20];
} pp_address;

static inline bool pp_hash32_eq(const pp_hash32 *a, const pp_hash32 *b) {
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}
static inline bool pp_address_eq(const pp_address *a, const pp_address *b) {
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

// Unaligned loads and stores, little- and big-endian.
static inline uint16_t pp_load_le16(const uint8_t *p) {
    return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}
static inline uint32_t pp_load_le32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t pp_load_le64(const uint8_t *p) {
    return (uint64_t)pp_load_le32(p) | (uint64_t)pp_load_le32(p + 4) << 32;
}
static inline uint32_t pp_load_be32(const uint8_t *p) {
    return (uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}
static inline uint64_t pp_load_be64(const uint8_t *p) {
    return (uint64_t)pp_load_be32(p + 4) | (uint64_t)pp_load_be32(p) << 32;
}
static inline void pp_store_le16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void pp_store_le32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}
static inline void pp_store_le64(uint8_t *p, uint64_t v) {
    for (int i = 0; i < 8; i++) p[i] = (uint8_t)(v >> (8 * i));
}
static inline void pp_store_be32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++) p[3 - i] = (uint8_t)(v >> (8 * i));
}
static inline void pp_store_be64(uint8_t *p, uint64_t v) {
    for (int i = 0; i < 8; i++) p[7 - i] = (uint8_t)(v >> (8 * i));
}

// Checked arithmetic: true and *out written when the result fits, false and *out untouched else.
PP_NODISCARD static inline bool pp_u64_add(uint64_t *out, uint64_t a, uint64_t b) {
    uint64_t r;
    if (__builtin_add_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}
PP_NODISCARD static inline bool pp_u64_sub(uint64_t *out, uint64_t a, uint64_t b) {
    if (a < b) return false;
    *out = a - b;
    return true;
}
PP_NODISCARD static inline bool pp_u64_mul(uint64_t *out, uint64_t a, uint64_t b) {
    uint64_t r;
    if (__builtin_mul_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}
PP_NODISCARD static inline bool pp_u128_add(pp_u128 *out, pp_u128 a, pp_u128 b) {
    pp_u128 r = a + b;
    if (r < a) return false;
    *out = r;
    return true;
}
PP_NODISCARD static inline bool pp_u128_sub(pp_u128 *out, pp_u128 a, pp_u128 b) {
    if (a < b) return false;
    *out = a - b;
    return true;
}
// Multiplies by a 64-bit factor; no 128-bit division, so that 32-bit targets need no helper.
PP_NODISCARD static inline bool pp_u128_mul(pp_u128 *out, pp_u128 a, uint64_t b) {
    pp_u128 low = (pp_u128)(uint64_t)a * b;
    pp_u128 high = (pp_u128)(uint64_t)(a >> 64) * b;
    if (high >> 64) return false;
    return pp_u128_add(out, low, high << 64);
}
// a / b rounded down, 0 < b < 2^32, without a 128-bit division.
static inline pp_u128 pp_u128_div_u32(pp_u128 a, uint32_t b) {
    pp_u128 q = 0;
    uint64_t rest = 0;
    for (int i = 3; i >= 0; i--) {
        uint64_t part = rest << 32 | (uint32_t)(a >> (32 * i));
        q = q << 32 | part / b;
        rest = part % b;
    }
    return q;
}
static inline pp_u128 pp_load_le128(const uint8_t *p) {
    return (pp_u128)pp_load_le64(p) | (pp_u128)pp_load_le64(p + 8) << 64;
}
static inline void pp_store_le128(uint8_t *p, pp_u128 v) {
    pp_store_le64(p, (uint64_t)v);
    pp_store_le64(p + 8, (uint64_t)(v >> 64));
}

// An arena: one region given by the caller, handed out front to back, freed by going back to a
// mark. Pure code that needs scratch memory takes one of these.
typedef struct pp_arena {
    uint8_t *base;
    size_t size;
    size_t used;
} pp_arena;

static inline void pp_arena_init(pp_arena *a, void *memory, size_t size) {
    a->base = memory;
    a->size = size;
    a->used = 0;
}
// Returns `size` zeroed bytes aligned to `align` (a power of two), or NULL when the arena is full.
PP_NODISCARD void *pp_arena_alloc(pp_arena *a, size_t size, size_t align);
#define PP_ARENA_NEW(arena, type, count)                                                           \
    ((type *)pp_arena_alloc((arena), sizeof(type) * (size_t)(count), alignof(type)))

// Hex. Writes 2*size lower-case digits and a final NUL: out holds 2*size+1 characters.
void pp_hex_encode(char *out, const uint8_t *data, size_t size);
// Reads exactly 2*size hex digits, an optional 0x before them, nothing after. False otherwise.
PP_NODISCARD bool pp_hex_decode(uint8_t *out, size_t size, const char *text);
// Decimal digits of v and a NUL into out[40]. Returns out.
char *pp_u128_dec(char out[40], pp_u128 v);
// Parses decimal digits only, the whole text, no sign; false on overflow or anything else.
PP_NODISCARD bool pp_u128_parse(pp_u128 *out, const char *text);

#endif
