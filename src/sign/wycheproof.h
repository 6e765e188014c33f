// SPDX-License-Identifier: MIT OR Apache-2.0
// The cases of wycheproof.txt, for tests.
#ifndef PP_SIGN_WYCHEPROOF_H
#define PP_SIGN_WYCHEPROOF_H

#include <stdio.h>

#include "base/base.h"

typedef struct wycheproof_case {
    unsigned number;
    pp_hash32 digest;
    uint8_t rs[64], key[64];
    bool valid;
} wycheproof_case;

// The next case of the file, false at its end; `key` stands in *c from one call to the next. Aborts
// on a line that is none.
static inline bool wycheproof_next(wycheproof_case *c, FILE *f) {
    char line[512], digest[65], rs[129], key[129], result[8];
    while (fgets(line, sizeof line, f) != NULL) {
        if (line[0] == '#') continue;
        if (sscanf(line, "key %128s", key) == 1) {
            PP_ASSERT(pp_hex_decode(c->key, sizeof c->key, key));
            continue;
        }
        PP_ASSERT(sscanf(line, "%u %64s %128s %7s", &c->number, digest, rs, result) == 4);
        PP_ASSERT(pp_hex_decode(c->digest.b, 32, digest) && pp_hex_decode(c->rs, 64, rs));
        c->valid = strcmp(result, "valid") == 0;
        return true;
    }
    return false;
}

#endif
