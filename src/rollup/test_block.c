// SPDX-License-Identifier: MIT OR Apache-2.0
// Mainnet block 22244135 through the transition, natively and in the guest, against what
// eth-account, rlp and Python make of it (block_oracle.txt, written by tests/oracle_block.py).
#include <stdio.h>
#include <stdlib.h>

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

// A line of block_oracle.txt: "tx INDEX SENDER REASON", "account ADDRESS NONCE BALANCE" or
// "base-fees WEI".
typedef struct oracle_line {
    char kind[16], a[64], b[64], c[80];
} oracle_line;

static bool next_line(FILE *f, oracle_line *line) {
    char text[256];
    memset(line, 0, sizeof *line);
    return fgets(text, sizeof text, f) &&
           sscanf(text, "%15s %63s %63s %79s", line->kind, line->a, line->b, line->c) >= 2;
}

static void check_tx(const oracle_line *line, const pp_rollup_result *results, size_t len) {
    size_t i = strtoull(line->a, NULL, 10);
    const char *sender = line->b, *reason = line->c;
    pp_address address = {{0}};
    REQUIRE(i < len);
    CHECK_STR(pp_rollup_reason_name(results[i].reason), reason);
    CHECK(results[i].has_sender == (strcmp(sender, "-") != 0));
    if (!results[i].has_sender) return;
    CHECK(pp_hex_decode(address.b, 20, sender));
    CHECK(pp_address_eq(&address, &results[i].sender));
}

static block_account account_of(const oracle_line *line) {
    block_account a;
    CHECK(pp_hex_decode(a.address.b, 20, line->a) && pp_u256_parse(&a.account.balance, line->c));
    a.account.nonce = strtoull(line->b, NULL, 10);
    return a;
}

static void check_account(const oracle_line *line, pp_state *state) {
    char ours[80];
    block_account a = account_of(line);
    pp_account account;
    CHECK_EQ(pp_state_get(state, &account, &a.address), PP_STATE_OK);
    CHECK_EQ(account.nonce, a.account.nonce);
    CHECK_STR(pp_u256_dec(ours, &account.balance), line->c);
}

// The file names every transaction and every touched account.
static void check_oracle(const block *b, pp_store *store, const pp_digest *root,
                         const pp_rollup_result *results, pp_u128 base_fees) {
    pp_state state;
    pp_err err;
    REQUIRE(pp_store_view(&err, store, &state, root));
    FILE *f = fopen(PP_SOURCE_DIR "/src/rollup/block_oracle.txt", "r");
    PP_ASSERT(f);
    oracle_line line;
    char fees[40];
    size_t txs = 0, accounts = 0, sums = 0;
    while (next_line(f, &line)) {
        if (strcmp(line.kind, "tx") == 0) {
            check_tx(&line, results, b->txs_len);
            txs++;
        } else if (strcmp(line.kind, "account") == 0) {
            check_account(&line, &state);
            accounts++;
        } else {
            CHECK_STR(pp_u128_dec(fees, base_fees), line.a);
            sums++;
        }
    }
    fclose(f);
    CHECK_EQ(txs, b->txs_len);
    CHECK(accounts > 60 && sums == 1);
    pp_state_close(&state);
}

// No account but those the oracle names has changed: writing theirs into the pre-state gives the
// post-state's root.
static void check_untouched(const block *b, const pp_digest *after) {
    pp_digest root;
    pp_state state;
    pp_err err;
    pp_store *store = store_of(&root, b->accounts, b->accounts_len);
    REQUIRE(pp_store_view(&err, store, &state, &root));
    FILE *f = fopen(PP_SOURCE_DIR "/src/rollup/block_oracle.txt", "r");
    PP_ASSERT(f);
    oracle_line line;
    while (next_line(f, &line)) {
        if (strcmp(line.kind, "account") != 0) continue;
        block_account a = account_of(&line);
        CHECK_EQ(pp_state_put(&state, &a.address, &a.account), PP_STATE_OK);
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
