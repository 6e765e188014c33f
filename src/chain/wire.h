// SPDX-License-Identifier: MIT OR Apache-2.0
// Canonical bytes, native side: a buffer that grows, and a reader that never runs past the end.
// Little-endian integers of fixed width; byte strings as u32 length and bytes. For chain/ and the
// files of host/.
#ifndef PP_CHAIN_WIRE_H
#define PP_CHAIN_WIRE_H

#include "base/base.h"

// Memory: never NULL. Running out of it ends the program: what counts is in the host's log.
void *pp_chain_resize(void *old, size_t items, size_t item_size);
void *pp_chain_zeroed(size_t items, size_t item_size);

// Room for one more item in an array that doubles: `array` is a lvalue pointer.
#define PP_CHAIN_GROW(array, len, max)                                                             \
    do {                                                                                           \
        if ((len) == (max)) {                                                                      \
            (max) = (max) ? 2 * (max) : 8;                                                         \
            (array) = pp_chain_resize((array), (max), sizeof *(array));                            \
        }                                                                                          \
    } while (0)

typedef struct pp_wire {
    uint8_t *data; // heap; free(data) when done
    size_t size, max;
} pp_wire;

// Appends size bytes of room and returns it.
uint8_t *pp_wire_room(pp_wire *w, size_t size);
void pp_wire_raw(pp_wire *w, const void *data, size_t size);
void pp_wire_u8(pp_wire *w, uint8_t v);
void pp_wire_u32(pp_wire *w, uint32_t v);
void pp_wire_u64(pp_wire *w, uint64_t v);
void pp_wire_u128(pp_wire *w, pp_u128 v);
void pp_wire_bytes(pp_wire *w, pp_bytes bytes); // with its length; at most 2^32 - 1 bytes
static inline void pp_wire_hash(pp_wire *w, const pp_hash32 *h) {
    pp_wire_raw(w, h->b, 32);
}
static inline void pp_wire_address(pp_wire *w, const pp_address *a) {
    pp_wire_raw(w, a->b, 20);
}

// A reader: views into the bytes. A read past the end returns zeros and clears ok; look once, at
// the end, with pp_read_done.
typedef struct pp_reader {
    pp_bytes rest;
    bool ok;
} pp_reader;

static inline pp_reader pp_reader_of(pp_bytes bytes) {
    return (pp_reader){bytes, true};
}
pp_bytes pp_read_raw(pp_reader *r, size_t size); // data is NULL past the end
uint8_t pp_read_u8(pp_reader *r);
uint32_t pp_read_u32(pp_reader *r);
uint64_t pp_read_u64(pp_reader *r);
pp_u128 pp_read_u128(pp_reader *r);
pp_bytes pp_read_bytes(pp_reader *r);
void pp_read_into(pp_reader *r, void *out, size_t size);
// Everything was there, and nothing is left.
static inline bool pp_read_done(const pp_reader *r) {
    return r->ok && r->rest.size == 0;
}

#endif
