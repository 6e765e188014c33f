// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a multiproof: refused, or a state that gives the same bytes back and can be used.
#include <stdlib.h>

#include "state/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t memory[1 << 20], again[1 << 16];
    pp_arena arena;
    pp_arena_init(&arena, memory, sizeof memory);
    pp_state_source source = {.ctx = &arena, .resize = pp_state_arena_resize};
    pp_state s;
    pp_digest root;
    pp_state_status st = pp_state_open_proof(&s, &source, &root, (pp_bytes){data, size});
    if (st == PP_STATE_OK && size <= sizeof again) {
        size_t n = pp_state_proof(&s, again, sizeof again);
        PP_ASSERT(n == size && memcmp(again, data, size) == 0);
        pp_account account = {.nonce = 7};
        for (uint8_t i = 0; i < 4 && st == PP_STATE_OK; i++) {
            pp_address address = {{i}};
            st = pp_state_put(&s, &address, &account);
        }
        if (st == PP_STATE_OK) (void)!pp_state_root(&s, &root);
    }
    pp_state_close(&s);
    return 0;
}
