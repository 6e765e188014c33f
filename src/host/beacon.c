// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/beacon.h"

#include <stdlib.h>

#include "chain/genesis.h"
#include "hash/keccak.h"

enum { STRIDE = PP_BEACON_STRIDE };

static uint64_t marks_of(uint64_t len) {
    return (len + STRIDE - 1) / STRIDE;
}

static bool hold(pp_err *err, pp_beacon *out, uint64_t len) {
    memset(out, 0, sizeof *out);
    uint64_t marks = len <= PP_BEACON_LEN_MAX ? marks_of(len) : 0;
    pp_hash32 *values = len <= PP_BEACON_LEN_MAX ? calloc(marks + 1, sizeof *values) : NULL;
    if (values == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "no memory for the beacon of %llu blocks",
                          (unsigned long long)len);
    out->len = len;
    out->marks_len = marks;
    out->marks = values;
    return true;
}

bool pp_beacon_make(pp_err *err, pp_beacon *out, const pp_hash32 *seed, uint64_t len) {
    static const char tag[] = "polypoly/beacon-seed/1";
    if (!hold(err, out, len)) return false;
    pp_keccak k;
    pp_hash32 value;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, seed->b, sizeof seed->b);
    pp_keccak_final(&k, &value);
    for (uint64_t i = len; i > 0; i--) {
        if (i == len || i % STRIDE == 0) out->marks[(i - 1) / STRIDE] = value;
        pp_beacon_next(&value, &value);
    }
    out->end = value;
    return true;
}

// Makes the stride's values from the mark at its end; gives the value before its first.
static pp_hash32 unroll(pp_beacon *b, uint64_t stride) {
    uint64_t first = stride * STRIDE + 1;
    uint64_t last = first + STRIDE - 1 < b->len ? first + STRIDE - 1 : b->len;
    pp_hash32 value = b->marks[stride];
    for (uint64_t i = last; i >= first; i--) {
        b->values[i - first] = value;
        pp_beacon_next(&value, &value);
    }
    b->stretch = stride + 1;
    return value;
}

void pp_beacon_at(pp_hash32 *out, pp_beacon *b, uint64_t number) {
    PP_ASSERT(number <= b->len);
    if (number == 0) {
        *out = b->end;
        return;
    }
    uint64_t stride = (number - 1) / STRIDE;
    if (b->stretch != stride + 1) unroll(b, stride);
    *out = b->values[(number - 1) % STRIDE];
}

void pp_beacon_free(pp_beacon *beacon) {
    free(beacon->marks);
    beacon->marks = NULL;
    beacon->len = beacon->marks_len = beacon->stretch = 0;
}

// ---- as a file: u64 len, little-endian, and the marks ------------------------------------------

bool pp_beacon_store(pp_err *err, const pp_beacon *beacon, const char *path) {
    size_t size = 8 + beacon->marks_len * sizeof *beacon->marks;
    uint8_t *data = malloc(size);
    if (data == NULL) return pp_err_set(err, PP_EXIT_USAGE, "%s: no memory to write it", path);
    pp_store_le64(data, beacon->len);
    memcpy(data + 8, beacon->marks, size - 8);
    bool ok = pp_file_write(err, path, data, size, 0600);
    free(data);
    return ok;
}

bool pp_beacon_load(pp_err *err, pp_beacon *out, const char *path, const pp_hash32 *end) {
    enum { FILE_MAX = 1 << 28 };
    uint8_t *data;
    size_t size;
    memset(out, 0, sizeof *out);
    if (!pp_file_is_secret(err, path) || !pp_file_read(err, &data, &size, path, FILE_MAX))
        return false;
    uint64_t len = size < 8 ? 0 : pp_load_le64(data);
    bool ok = len > 0 && len <= PP_BEACON_LEN_MAX && size == 8 + marks_of(len) * sizeof *out->marks;
    if (!ok) pp_err_set(err, PP_EXIT_USAGE, "%s: not the marks of a beacon", path);
    ok = ok && hold(err, out, len);
    if (ok) {
        memcpy(out->marks, data + 8, size - 8);
        out->end = unroll(out, 0);
        ok = pp_hash32_eq(&out->end, end) ||
             pp_err_set(err, PP_EXIT_USAGE, "%s: a beacon of another network", path);
        if (!ok) pp_beacon_free(out);
    }
    free(data);
    return ok;
}
