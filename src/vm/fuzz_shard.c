// SPDX-License-Identifier: MIT OR Apache-2.0
// Shards as bytes: what is decoded is what is encoded, and running it ends, whatever it says.
#include <stdlib.h>

#include "vm/shard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_vm_shard shard;
    pp_trace trace;
    pp_err err;
    if (!pp_vm_shard_decode(&shard, data, size)) return 0;
    PP_ASSERT(pp_vm_shard_size(&shard) == size);
    uint8_t *again = malloc(size);
    PP_ASSERT(again != NULL);
    pp_vm_shard_encode(again, &shard);
    PP_ASSERT(memcmp(again, data, size) == 0);
    free(again);
    if (shard.cycles > 4096) shard.cycles = 4096;
    if (pp_vm_trace(&err, &trace, &shard)) {
        PP_ASSERT(trace.pages_len == shard.pages_len);
        pp_trace_free(&trace);
    }
    pp_vm_shard_free(&shard);
    return 0;
}
