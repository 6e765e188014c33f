// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading JSON member by member, with a sentence that names the member. Only for chain/.
#ifndef PP_CHAIN_SCAN_H
#define PP_CHAIN_SCAN_H

#include <jansson.h>

#include "chain/genesis.h"

// Where the reader stands: the member's path, and whether all went well so far. After the first
// failure every step gives zeros and leaves *err alone.
typedef struct pp_scan {
    pp_err *err;
    const char *name;
    bool ok;
    char path[160];
    size_t path_len;
} pp_scan;

// Begins with a file; NULL with one sentence when it is not JSON. json_decref is the caller's.
json_t *pp_scan_open(pp_scan *s, pp_err *err, const char *name, pp_bytes file);
void pp_scan_fail(pp_scan *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Adds a step to the path; returns the length to go back to.
size_t pp_scan_down(pp_scan *s, const char *member);
size_t pp_scan_down_index(pp_scan *s, size_t index);
void pp_scan_up(pp_scan *s, size_t before);

// An object with exactly these members.
void pp_scan_expect_members(pp_scan *s, const json_t *object, const char *const *names);
#define PP_SCAN_MEMBERS(...) ((const char *const[]){__VA_ARGS__, NULL})

uint64_t pp_scan_get_u64(pp_scan *s, const json_t *object, const char *member, uint64_t min,
                         uint64_t max);
pp_u128 pp_scan_get_wei(pp_scan *s, const json_t *object, const char *member);
void pp_scan_get_hex(pp_scan *s, uint8_t *out, size_t size, const json_t *object,
                     const char *member);
void pp_scan_get_name(pp_scan *s, char out[PP_GENESIS_NAME_MAX], const json_t *object);
const json_t *pp_scan_get_list(pp_scan *s, size_t *len, const json_t *object, const char *member);
// The address of an entry; it must come after the one before it (NULL for the first).
void pp_scan_get_key(pp_scan *s, pp_address *out, const json_t *entry, const pp_address *before);

// genesis_rollup.c: one rollup's entry. With `allocated` its allocations too, malloc'ed.
void pp_scan_rollup(pp_scan *s, const pp_market_params *market, pp_genesis_rollup *out,
                    const json_t *object, bool allocated);

#endif
