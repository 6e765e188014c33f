// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chain/wire.h"

#include <stdlib.h>

void *pp_chain_resize(void *old, size_t items, size_t item_size) {
    size_t size;
    bool fits = !__builtin_mul_overflow(items, item_size, &size);
    PP_ASSERT(fits);
    void *p = realloc(old, size ? size : 1);
    bool out_of_memory = p == NULL;
    PP_ASSERT(!out_of_memory);
    return p;
}

void *pp_chain_zeroed(size_t items, size_t item_size) {
    void *p = calloc(items ? items : 1, item_size ? item_size : 1);
    bool out_of_memory = p == NULL;
    PP_ASSERT(!out_of_memory);
    return p;
}

uint8_t *pp_wire_room(pp_wire *w, size_t size) {
    if (w->max - w->size < size) {
        PP_ASSERT(size <= SIZE_MAX / 4 && w->max <= SIZE_MAX / 4);
        w->max = 2 * w->max + size;
        w->data = pp_chain_resize(w->data, w->max, 1);
    }
    uint8_t *at = w->data + w->size;
    w->size += size;
    return at;
}

void pp_wire_raw(pp_wire *w, const void *data, size_t size) {
    if (size > 0) memcpy(pp_wire_room(w, size), data, size);
}

void pp_wire_u8(pp_wire *w, uint8_t v) {
    pp_wire_raw(w, &v, 1);
}
void pp_wire_u32(pp_wire *w, uint32_t v) {
    pp_store_le32(pp_wire_room(w, 4), v);
}
void pp_wire_u64(pp_wire *w, uint64_t v) {
    pp_store_le64(pp_wire_room(w, 8), v);
}
void pp_wire_u128(pp_wire *w, pp_u128 v) {
    pp_store_le128(pp_wire_room(w, 16), v);
}

void pp_wire_bytes(pp_wire *w, pp_bytes bytes) {
    PP_ASSERT(bytes.size <= UINT32_MAX);
    pp_wire_u32(w, (uint32_t)bytes.size);
    pp_wire_raw(w, bytes.data, bytes.size);
}

pp_bytes pp_read_raw(pp_reader *r, size_t size) {
    if (!r->ok || r->rest.size < size) {
        r->ok = false;
        return (pp_bytes){NULL, 0};
    }
    pp_bytes out = {r->rest.data, size};
    r->rest.data += size;
    r->rest.size -= size;
    return out;
}

void pp_read_into(pp_reader *r, void *out, size_t size) {
    pp_bytes b = pp_read_raw(r, size);
    if (r->ok)
        memcpy(out, b.data, size);
    else
        memset(out, 0, size);
}

uint8_t pp_read_u8(pp_reader *r) {
    pp_bytes b = pp_read_raw(r, 1);
    return r->ok ? b.data[0] : 0;
}
uint32_t pp_read_u32(pp_reader *r) {
    pp_bytes b = pp_read_raw(r, 4);
    return r->ok ? pp_load_le32(b.data) : 0;
}
uint64_t pp_read_u64(pp_reader *r) {
    pp_bytes b = pp_read_raw(r, 8);
    return r->ok ? pp_load_le64(b.data) : 0;
}
pp_u128 pp_read_u128(pp_reader *r) {
    pp_bytes b = pp_read_raw(r, 16);
    return r->ok ? pp_load_le128(b.data) : 0;
}
pp_bytes pp_read_bytes(pp_reader *r) {
    return pp_read_raw(r, pp_read_u32(r));
}
