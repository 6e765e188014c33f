// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a batch input, an output and a withdrawal: refused, or run and the same bytes back.
#include <stdlib.h>

#include "rollup/rollup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_input(const uint8_t *data, size_t size) {
    static uint8_t again[1 << 17];
    static pp_bytes txs[PP_ROLLUP_BATCH_TX_MAX], forced[PP_ROLLUP_FORCED_MAX];
    static pp_deposit deposits[PP_ROLLUP_DEPOSITS_MAX];
    pp_rollup_input in;
    if (!pp_rollup_input_decode(&in, (pp_bytes){data, size}) || size > sizeof again) return;
    pp_rollup_content c = {.env = in.env,
                           .deposits = deposits,
                           .deposits_len = in.deposits_len,
                           .forced = forced,
                           .forced_len = in.forced_len,
                           .txs = txs,
                           .txs_len = in.txs_len};
    pp_bytes rest = in.txs;
    for (uint32_t i = 0; i < in.txs_len; i++) txs[i] = pp_rollup_input_next(&rest);
    for (uint32_t i = 0; i < in.forced_len; i++) forced[i] = pp_rollup_input_next(&in.forced);
    for (uint32_t i = 0; i < in.deposits_len; i++)
        deposits[i] = pp_rollup_input_deposit(&in.deposits);
    PP_ASSERT(rest.size == 0 && in.forced.size == 0 && in.deposits.size == 0);
    size_t n = pp_rollup_input_encode(again, sizeof again, &c, &in.old_root, in.proof);
    PP_ASSERT(n == size && memcmp(again, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t memory[1 << 21];
    pp_arena arena;
    pp_arena_init(&arena, memory, sizeof memory);
    pp_state_source source = {.ctx = &arena, .resize = pp_state_arena_resize};
    pp_rollup_output output;
    const char *why = NULL;
    check_input(data, size);
    bool ok = pp_rollup_run_input(&output, &why, &source, (pp_bytes){data, size});
    PP_ASSERT(ok || why);
    if (pp_rollup_output_decode(&output, (pp_bytes){data, size})) {
        uint8_t again[PP_ROLLUP_OUTPUT_SIZE];
        pp_rollup_output_encode(again, &output);
        PP_ASSERT(memcmp(again, data, size) == 0);
    }
    return 0;
}
