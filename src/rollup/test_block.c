// SPDX-License-Identifier: MIT OR Apache-2.0
// Mainnet block 22244135 through the transition, natively and in the guest, against what
// eth-account, rlp and Python make of it (block_oracle.txt, written by tests/oracle_block.py).
#include <inttypes.h>
#include <stdio.h>

#include "rollup/test_support.h"

// The block in batches of at most `size`; results in order. *root moves from before to after.
static void run_block(const block *b, pp_store *store, pp_digest *root, pp_rollup_result *results,
                      pp_u128 *base_fees, size_t size) {
    pp_rollup_env env = b->env;
    *base_fees = 0;
    for (size_t from = 0; from < b->txs_len; from += size, env.batch++) {
        size_t len = b->txs_len - from < size ? b->txs_len - from : size;
        ran r;
        REQUIRE(run_native(&r, store, root, &env, b->txs + from, len));
        memcpy(results + from, r.results, len * sizeof *results);
        *base_fees += r.output.base_fees;
        CHECK(run_guest((pp_bytes){r.input, r.input_size}, &r.output) != 0);
        ran_free(&r);
    }
}

static void check_tx(const char *line, const pp_rollup_result *results, size_t len) {
    size_t i;
    char sender[64], reason[32];
    pp_address address = {{0}};
    REQUIRE(sscanf(line, "tx %zu %63s %31s", &i, sender, reason) == 3 && i < len);
    CHECK_STR(pp_rollup_reason_name(results[i].reason), reason);
    CHECK(results[i].has_sender == (strcmp(sender, "-") != 0));
    if (!results[i].has_sender) return;
    CHECK(pp_hex_decode(address.b, 20, sender));
    CHECK(pp_address_eq(&address, &results[i].sender));
}

static void check_account(const char *line, pp_state *state) {
    char name[64], balance[80], ours[80];
    uint64_t nonce;
    pp_address address;
    pp_account account;
    REQUIRE(sscanf(line, "account %63s %" SCNu64 " %79s", name, &nonce, balance) == 3);
    REQUIRE(pp_hex_decode(address.b, 20, name));
    CHECK_EQ(pp_state_get(state, &account, &address), PP_STATE_OK);
    CHECK_EQ(account.nonce, nonce);
    CHECK_STR(pp_u256_dec(ours, &account.balance), balance);
}

// The file names every transaction and every touched account; all others are as before.
static void check_oracle(const block *b, pp_store *store, const pp_digest *root,
                         const pp_rollup_result *results, pp_u128 base_fees) {
    FILE *f = fopen(PP_SOURCE_DIR "/src/rollup/block_oracle.txt", "r");
    pp_state state;
    pp_err err;
    REQUIRE(f && pp_store_view(&err, store, &state, root));
    char line[256], fees[40], theirs[80];
    size_t txs = 0, accounts = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == 't') {
            check_tx(line, results, b->txs_len);
            txs++;
        } else if (line[0] == 'a') {
            check_account(line, &state);
            accounts++;
        } else {
            REQUIRE(sscanf(line, "base-fees %79s", theirs) == 1);
            CHECK_STR(pp_u128_dec(fees, base_fees), theirs);
        }
    }
    fclose(f);
    CHECK_EQ(txs, b->txs_len);
    CHECK(accounts > 60);
    pp_state_close(&state);
}

// No account but those the oracle names has changed: writing theirs into the pre-state gives the
// post-state's root.
static void check_untouched(const block *b, const pp_digest *after) {
    pp_digest root;
    pp_store *store = store_of(&root, b->accounts, b->accounts_len);
    FILE *f = fopen(PP_SOURCE_DIR "/src/rollup/block_oracle.txt", "r");
    pp_state state;
    pp_err err;
    REQUIRE(f && pp_store_view(&err, store, &state, &root));
    char line[256], name[64], balance[80];
    uint64_t nonce;
    while (fgets(line, sizeof line, f)) {
        pp_address address;
        pp_account account;
        if (sscanf(line, "account %63s %" SCNu64 " %79s", name, &nonce, balance) != 3) continue;
        account.nonce = nonce;
        CHECK(pp_hex_decode(address.b, 20, name) && pp_u256_parse(&account.balance, balance));
        CHECK_EQ(pp_state_put(&state, &address, &account), PP_STATE_OK);
    }
    fclose(f);
    CHECK_EQ(pp_state_root(&state, &root), PP_STATE_OK);
    CHECK(pp_digest_eq(&root, after));
    pp_state_close(&state);
    pp_store_close(store);
}

PP_TEST(block_against_the_oracle) {
    const block *b = load_block();
    REQUIRE(b && b->txs_len == 125);
    static const size_t sizes[] = {125, 64, 10};
    pp_digest first = {{{0}}};
    for (size_t i = 0; i < PP_COUNT(sizes); i++) {
        pp_digest root;
        pp_rollup_result results[125];
        pp_u128 base_fees;
        pp_store *store = store_of(&root, b->accounts, b->accounts_len);
        run_block(b, store, &root, results, &base_fees, sizes[i]);
        check_oracle(b, store, &root, results, base_fees);
        if (i == 0) first = root;
        CHECK(pp_digest_eq(&root, &first)); // however it is cut
        check_untouched(b, &root);
        pp_store_close(store);
    }
}

PP_TEST(block_counts) {
    const block *b = load_block();
    REQUIRE(b);
    pp_digest root;
    pp_store *store = store_of(&root, b->accounts, b->accounts_len);
    pp_rollup_result results[125];
    unsigned counts[PP_ROLLUP_REASONS_LEN] = {0}, plain_refused = 0;
    ran r;
    REQUIRE(run_native(&r, store, &root, &b->env, b->txs, b->txs_len));
    memcpy(results, r.results, sizeof results);
    for (size_t i = 0; i < b->txs_len; i++) {
        counts[results[i].reason]++;
        if (b->plain[i] && results[i].reason != PP_ROLLUP_OK) plain_refused++;
        CHECK(b->plain[i] || results[i].reason != PP_ROLLUP_OK);
    }
    CHECK_EQ(r.totals.applied, 54);
    CHECK_EQ(counts[PP_ROLLUP_OK], 54);
    CHECK_EQ(counts[PP_ROLLUP_INPUT_DATA], 45);
    CHECK_EQ(counts[PP_ROLLUP_NONCE_GAP], 26);
    // Transaction 70, a plain transfer, follows a contract call of the same sender.
    CHECK_EQ(plain_refused, 1);
    CHECK_EQ(results[70].reason, PP_ROLLUP_NONCE_GAP);
    ran_free(&r);
    pp_store_close(store);
}
