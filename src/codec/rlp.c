// SPDX-License-Identifier: MIT OR Apache-2.0
#include "codec/rlp.h"

// Reads the payload's length from a long form's 1 to 8 length bytes.
static bool long_size(size_t *out, pp_bytes in, size_t bytes) {
    if (in.size < 1 + bytes || in.data[1] == 0) return false;
    uint64_t size = 0;
    for (size_t i = 0; i < bytes; i++) size = size << 8 | in.data[1 + i];
    if (size < 56 || size > in.size - 1 - bytes) return false;
    *out = (size_t)size;
    return true;
}

bool pp_rlp_next(pp_rlp_item *item, pp_bytes *in) {
    if (in->size == 0) return false;
    uint8_t first = in->data[0];
    bool is_list = first >= 0xc0;
    size_t header = 1, size;
    if (first < 0x80) {
        header = 0;
        size = 1;
    } else {
        unsigned code = first - (is_list ? 0xc0u : 0x80u);
        if (code <= 55) {
            size = code;
        } else {
            if (!long_size(&size, *in, code - 55)) return false;
            header += code - 55;
        }
        if (size > in->size - header) return false;
        if (!is_list && code == 1 && in->data[1] < 0x80) return false;
    }
    item->is_list = is_list;
    item->payload = (pp_bytes){in->data + header, size};
    in->data += header + size;
    in->size -= header + size;
    return true;
}

static bool next_of(pp_bytes *out, pp_bytes *in, bool is_list) {
    pp_rlp_item item;
    pp_bytes rest = *in;
    if (!pp_rlp_next(&item, &rest) || item.is_list != is_list) return false;
    *out = item.payload;
    *in = rest;
    return true;
}

bool pp_rlp_string(pp_bytes *out, pp_bytes *in) {
    return next_of(out, in, false);
}

bool pp_rlp_list(pp_bytes *out, pp_bytes *in) {
    return next_of(out, in, true);
}

bool pp_rlp_u256(pp_u256 *out, pp_bytes *in) {
    pp_bytes digits, rest = *in;
    if (!pp_rlp_string(&digits, &rest) || digits.size > 32) return false;
    if (digits.size > 0 && digits.data[0] == 0) return false;
    uint8_t wide[32] = {0};
    if (digits.size > 0) memcpy(wide + 32 - digits.size, digits.data, digits.size);
    pp_u256_load_be(out, wide);
    *in = rest;
    return true;
}

bool pp_rlp_u64(uint64_t *out, pp_bytes *in) {
    pp_u256 wide;
    pp_bytes rest = *in;
    if (!pp_rlp_u256(&wide, &rest) || (wide.v[1] | wide.v[2] | wide.v[3]) != 0) return false;
    *out = wide.v[0];
    *in = rest;
    return true;
}

size_t pp_rlp_header(uint8_t out[9], bool is_list, size_t size) {
    uint8_t base = is_list ? 0xc0 : 0x80;
    if (size <= 55) {
        out[0] = (uint8_t)(base + size);
        return 1;
    }
    size_t bytes = 0;
    for (size_t rest = size; rest != 0; rest >>= 8) bytes++;
    out[0] = (uint8_t)(base + 55 + bytes);
    for (size_t i = 0; i < bytes; i++) out[1 + i] = (uint8_t)(size >> (8 * (bytes - 1 - i)));
    return 1 + bytes;
}
