// SPDX-License-Identifier: MIT OR Apache-2.0
// Mainnet block 22244135 through the transition, natively and in the guest.
#include "rollup/test_support.h"

PP_TEST(block_in_one_batch) {
    const block *b = load_block();
    REQUIRE(b);
    pp_digest root;
    pp_store *store = store_of(&root, b->accounts, b->accounts_len);
    ran r;
    REQUIRE(run_native(&r, store, &root, &b->env, b->txs, b->txs_len));
    CHECK(run_guest((pp_bytes){r.input, r.input_size}, &r.output) != 0);
    ran_free(&r);
    pp_store_close(store);
}
