// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/beacon.h"

#include <stdlib.h>

#include "chain/genesis.h"
#include "hash/keccak.h"

bool pp_beacon_make(pp_err *err, pp_beacon *out, const pp_hash32 *seed, uint64_t len) {
    static const char tag[] = "polypoly/beacon-seed/1";
    memset(out, 0, sizeof *out);
    pp_hash32 *values = len < SIZE_MAX / sizeof *values ? calloc(len + 1, sizeof *values) : NULL;
    if (values == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "no memory for the beacon of %llu blocks",
                          (unsigned long long)len);
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, seed->b, sizeof seed->b);
    pp_keccak_final(&k, &values[len]);
    for (uint64_t i = len; i > 0; i--) pp_beacon_next(&values[i - 1], &values[i]);
    out->len = len;
    out->values = values;
    return true;
}

void pp_beacon_free(pp_beacon *beacon) {
    free(beacon->values);
    beacon->values = NULL;
    beacon->len = 0;
}
