// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes are a file to leave a rollup with or a sentence; what is one is written the same again.
// The checksum is made right first, so that what stands before it is looked at.
#include <stdlib.h>

#include "hash/keccak.h"
#include "host/leave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(pp_bytes bytes) {
    pp_err err = {0};
    pp_leave leave;
    if (!pp_leave_decode(&err, &leave, "fuzz", bytes)) {
        PP_ASSERT(err.exit_code == PP_EXIT_USAGE && strncmp(err.text, "fuzz: ", 6) == 0);
        PP_ASSERT(leave.accounts == NULL && leave.batches == NULL);
        return;
    }
    size_t size;
    uint8_t *again = pp_leave_encode(&size, &leave);
    PP_ASSERT(size == bytes.size && memcmp(again, bytes.data, size) == 0);
    free(again);
    pp_leave_free(&leave);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char tag[] = "polypoly/leave/1";
    decode((pp_bytes){data, size});
    if (size < 32) return 0;
    uint8_t *copy = malloc(size);
    PP_ASSERT(copy != NULL);
    memcpy(copy, data, size);
    pp_hash32 sum;
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, copy, size - 32);
    pp_keccak_final(&k, &sum);
    memcpy(copy + size - 32, sum.b, 32);
    decode((pp_bytes){copy, size});
    free(copy);
    return 0;
}
