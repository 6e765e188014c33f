// SPDX-License-Identifier: MIT OR Apache-2.0
// One walk over a structure that writes its canonical bytes or reads them back, so that each field
// is named once. Little-endian integers of fixed width. Pure.
//
//   void image_point(pp_image *im, point *p) { pp_image_u64(im, &p->x); pp_image_u32(im, &p->y); }
//
//   pp_image im = pp_image_saving(NULL, 0);         // counts
//   image_point(&im, &p);                           // im.size bytes are needed
//   im = pp_image_saving(out, size); image_point(&im, &p);
//   im = pp_image_loading(bytes);    image_point(&im, &q);
//   if (!pp_image_done(&im)) …                      // not exactly one image
#ifndef PP_BASE_IMAGE_H
#define PP_BASE_IMAGE_H

#include "base/base.h"

typedef struct pp_image {
    bool loading;
    bool bad;     // loading: the bytes ran out or said what cannot be; all that follows reads as 0
    uint8_t *out; // saving: may be too small, what does not fit is only counted
    size_t out_size;
    pp_bytes rest; // loading: what was not read yet
    size_t size;   // saving: bytes so far
} pp_image;

static inline pp_image pp_image_saving(uint8_t *out, size_t out_size) {
    return (pp_image){.out = out, .out_size = out_size};
}
static inline pp_image pp_image_loading(pp_bytes bytes) {
    return (pp_image){.loading = true, .rest = bytes};
}
// Loading: everything was there, nothing is left, and nothing was bad.
static inline bool pp_image_done(const pp_image *im) {
    return !im->bad && im->rest.size == 0;
}

// Saving: the value's bytes. Loading: the value. None of them changes what is saved.
void pp_image_raw(pp_image *im, void *data, size_t size);
void pp_image_u8(pp_image *im, uint8_t *v);
void pp_image_u32(pp_image *im, uint32_t *v);
void pp_image_u64(pp_image *im, uint64_t *v);
void pp_image_u128(pp_image *im, pp_u128 *v);
void pp_image_bool(pp_image *im, bool *v); // one byte, 0 or 1
static inline void pp_image_hash(pp_image *im, pp_hash32 *v) {
    pp_image_raw(im, v->b, sizeof v->b);
}
static inline void pp_image_address(pp_image *im, pp_address *v) {
    pp_image_raw(im, v->b, sizeof v->b);
}
// A number of things that follow, at most max, each at least item_min bytes long (0: not known):
// nobody is made to set aside memory for what the bytes cannot hold. 0 when it is bad.
uint32_t pp_image_len(pp_image *im, size_t len, size_t max, size_t item_min);
// Loading: bad unless ok. Returns whether all is well so far.
static inline bool pp_image_is(pp_image *im, bool ok) {
    im->bad |= im->loading && !ok;
    return !im->bad;
}
// A choice from first to last, one byte; first when it is bad.
static inline uint8_t pp_image_choice(pp_image *im, uint8_t v, uint8_t first, uint8_t last) {
    pp_image_u8(im, &v);
    bool ok = v >= first && v <= last;
    return pp_image_is(im, ok) && ok ? v : first;
}

#endif
