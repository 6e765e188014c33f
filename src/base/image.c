// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/image.h"

void pp_image_raw(pp_image *im, void *data, size_t size) {
    if (size == 0) return;
    if (im->loading) {
        im->bad |= im->rest.size < size;
        if (im->bad) {
            memset(data, 0, size);
            return;
        }
        memcpy(data, im->rest.data, size);
        im->rest.data += size;
        im->rest.size -= size;
        return;
    }
    if (im->size < im->out_size) {
        size_t room = im->out_size - im->size;
        memcpy(im->out + im->size, data, size < room ? size : room);
    }
    im->size += size;
}

void pp_image_u8(pp_image *im, uint8_t *v) {
    pp_image_raw(im, v, 1);
}

void pp_image_u32(pp_image *im, uint32_t *v) {
    uint8_t b[4];
    pp_store_le32(b, *v);
    pp_image_raw(im, b, sizeof b);
    if (im->loading) *v = pp_load_le32(b);
}

void pp_image_u64(pp_image *im, uint64_t *v) {
    uint8_t b[8];
    pp_store_le64(b, *v);
    pp_image_raw(im, b, sizeof b);
    if (im->loading) *v = pp_load_le64(b);
}

void pp_image_u128(pp_image *im, pp_u128 *v) {
    uint8_t b[16];
    pp_store_le128(b, *v);
    pp_image_raw(im, b, sizeof b);
    if (im->loading) *v = pp_load_le128(b);
}

void pp_image_bool(pp_image *im, bool *v) {
    uint8_t b = *v;
    pp_image_raw(im, &b, 1);
    if (im->loading) *v = pp_image_is(im, b <= 1) && b == 1;
}

uint32_t pp_image_len(pp_image *im, size_t len, size_t max, size_t item_min) {
    uint32_t n = (uint32_t)len;
    pp_image_u32(im, &n);
    if (!im->loading) return n;
    bool fits = n <= max && (item_min == 0 || n <= im->rest.size / item_min);
    return pp_image_is(im, fits) ? n : 0;
}
