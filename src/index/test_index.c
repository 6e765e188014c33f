// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>
#include <unistd.h>

#include "chain/entry.h"
#include "chain/test_support.h"
#include "index/index.h"

static pp_index *begin(net *n, pp_genesis_check check) {
    pp_err err;
    pp_index *index;
    net_init(n);
    n->genesis.check = check;
    net_open(n);
    bool ok = pp_index_new(&err, &index, n->chain, LIVE, NULL);
    PP_ASSERT(ok);
    return index;
}

static void make(net *n, pp_index *index) {
    pp_err err;
    pp_chain_result result = net_make(n);
    pp_chain_info info;
    pp_chain_info_get(&info, n->chain);
    const net_block *b = &n->blocks[info.height];
    CHECK(pp_index_add(&err, index, n->chain, (pp_bytes){b->bytes, b->size}, &result));
}

// The account as the chain has it and as the index has it, at its head.
static void check_account(net *n, pp_index *index, const pp_address *address) {
    pp_err err;
    pp_account want, got;
    CHECK(pp_chain_rollup_account(&err, &want, n->chain, LIVE, address, false));
    CHECK(pp_index_account(&got, index, address, pp_index_head(index)));
    CHECK_EQ(want.nonce, got.nonce);
    CHECK(pp_u256_cmp(&want.balance, &got.balance) == 0);
}

static bool is_raw(const pp_index *index, const pp_index_tx *tx, const raw_tx *raw) {
    pp_bytes bytes = pp_index_raw(index, tx);
    return bytes.size == raw->size && memcmp(bytes.data, raw->data, raw->size) == 0;
}

PP_TEST(blocks_transactions_accounts) {
    static net n;
    pp_index *index = begin(&n, PP_CHECK_RE_EXECUTE);
    raw_tx a, refused, c;
    net_raw(&a, LIVE, 21, 0, 30, 500);
    net_raw(&refused, LIVE, 22, 7, 30, 500); // a nonce that is not the next
    net_raw(&c, LIVE, 21, 1, 31, 500);
    net_tx(&n, LIVE, &a);
    net_tx(&n, LIVE, &refused);
    net_tx(&n, LIVE, &c);
    make(&n, index);
    make(&n, index); // an empty one
    CHECK_EQ(pp_index_head(index), 2);
    const pp_index_block *b = pp_index_block_at(index, 1);
    REQUIRE(b != NULL && pp_index_block_at(index, 3) == NULL);
    CHECK_EQ(b->ordered, 3);
    CHECK_EQ(b->applied, 2);
    CHECK_EQ(b->gas_used, 42000);
    CHECK(pp_index_block_by_hash(index, &b->hash) == b);
    CHECK(pp_hash32_eq(&pp_index_block_at(index, 2)->parent, &b->hash));
    const pp_index_tx *last = pp_index_tx_at(index, 2);
    REQUIRE(last != NULL && pp_index_tx_at(index, 3) == NULL);
    CHECK(last->position == 1 && last->gas_before == 21000 && last->gas_used == 21000);
    CHECK(is_raw(index, last, &c));
    CHECK(pp_index_tx_by_hash(index, &last->hash) == last);
    CHECK_EQ(pp_index_tx_at(index, 1)->reason, PP_ROLLUP_NONCE_GAP);
    uint64_t who[] = {21, 22, 40, 30, 31, 70};
    for (size_t i = 0; i < PP_COUNT(who); i++) {
        pp_address address = test_address(who[i]);
        check_account(&n, index, &address);
    }
    pp_account before, after;
    pp_address sender = test_address(21);
    CHECK(pp_index_account(&before, index, &sender, 0));
    CHECK(pp_index_account(&after, index, &sender, 1));
    CHECK(before.nonce == 0 && after.nonce == 2);
    CHECK(!pp_index_account(&after, index, &sender, 3));
    pp_index_free(index);
    net_close(&n);
}

// The same bytes ordered twice: refused the second time, found as what was applied.
PP_TEST(a_transaction_ordered_twice) {
    static net n;
    pp_index *index = begin(&n, PP_CHECK_RE_EXECUTE);
    raw_tx a;
    net_raw(&a, LIVE, 21, 0, 30, 500);
    net_tx(&n, LIVE, &a);
    make(&n, index);
    net_tx(&n, LIVE, &a);
    make(&n, index);
    const pp_index_tx *tx = pp_index_tx_by_hash(index, &pp_index_tx_at(index, 1)->hash);
    REQUIRE(tx != NULL);
    CHECK_EQ(tx->number, 0);
    CHECK_EQ(pp_index_tx_at(index, 1)->reason, PP_ROLLUP_NONCE_LOW);
    pp_index_free(index);
    net_close(&n);
}

PP_TEST(old_states_go_and_the_finalized_one_stays) {
    static net n;
    pp_index *index = begin(&n, PP_CHECK_RE_EXECUTE);
    pp_address sender = test_address(21);
    for (uint64_t i = 0; i < 20; i++) {
        raw_tx a;
        net_raw(&a, LIVE, 21, i, 30, 1);
        net_tx(&n, LIVE, &a);
        make(&n, index);
    }
    pp_chain_lane lane = net_lane_now(&n, LIVE);
    CHECK(lane.transactions == 20);
    for (int i = 0; i < PP_INDEX_STATES; i++) make(&n, index);
    pp_account account;
    CHECK(!pp_index_account(&account, index, &sender, 20));
    CHECK(pp_index_account(&account, index, &sender, 21));
    CHECK_EQ(account.nonce, 20);
    // Re-executed, at most: never called final.
    CHECK_EQ(pp_index_finalized(index), 0);
    CHECK(pp_index_account(&account, index, &sender, 0));
    CHECK_EQ(account.nonce, 0);
    pp_index_free(index);
    net_close(&n);
}

// A proof that comes after hundreds of blocks finalizes a state that was kept for it.
PP_TEST(a_late_proof_finds_its_state) {
    static net n;
    pp_index *index = begin(&n, PP_CHECK_PROOF);
    pp_address sender = test_address(21);
    pp_account account;
    CHECK_EQ(pp_index_finalized(index), 0);
    for (uint64_t i = 0; i < 8; i++) { // batches of blocks 1 to 3, 4 to 6, 7 and 8
        raw_tx a;
        net_raw(&a, LIVE, 21, i, 30, 1);
        net_tx(&n, LIVE, &a);
        make(&n, index);
        CHECK_EQ(pp_index_finalized(index), 0);
    }
    for (int i = 0; i < PP_INDEX_STATES + 10; i++) make(&n, index);
    raw_tx late;
    net_raw(&late, LIVE, 21, 8, 30, 1);
    net_tx(&n, LIVE, &late);
    make(&n, index);
    CHECK_EQ(pp_index_finalized(index), 0);
    pp_chain_batch first = net_batch(&n, LIVE, 0);
    net_prove(&n, 11, &first.request, true);
    make(&n, index);
    CHECK_EQ(pp_index_finalized(index), 3);
    CHECK(pp_index_account(&account, index, &sender, 3));
    CHECK_EQ(account.nonce, 3);
    CHECK(!pp_index_account(&account, index, &sender, 4));
    pp_index_free(index);
    net_close(&n);
}

// Kept and had again, also in the middle of things: every account at every block that can be asked
// for, the finalized one's and those that a proof to come makes the finalized one's.
PP_TEST(what_was_kept_answers_the_same) {
    static net n;
    char dir[] = "/tmp/pp-index-XXXXXX", command[64];
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made);
    pp_err err;
    pp_index *all = begin(&n, PP_CHECK_PROOF), *kept;
    REQUIRE(pp_index_new(&err, &kept, n.chain, LIVE, dir));
    for (uint64_t i = 0, nonce = 0; i < PP_INDEX_STATES + 104; i++) {
        raw_tx a;
        if (i % 30 < 4) {
            net_raw(&a, LIVE, 21, nonce++, 30 + i % 11, 1);
            net_tx(&n, LIVE, &a);
        }
        pp_chain_lane lane = net_lane_now(&n, LIVE);
        if (i % 60 == 59 && lane.checked < lane.batches) {
            pp_hash32 request = net_batch(&n, LIVE, lane.checked).request;
            net_prove(&n, 11, &request, true);
        }
        pp_chain_result result = net_make(&n);
        const net_block *b = &n.blocks[i + 1];
        pp_bytes bytes = {b->bytes, b->size};
        CHECK(pp_index_add(&err, all, n.chain, bytes, &result));
        CHECK(pp_index_add(&err, kept, n.chain, bytes, &result));
        if (i % 90 != 7) continue;
        pp_wire saved = {0};
        REQUIRE(pp_index_save(&err, kept, &saved));
        pp_index_free(kept);
        pp_reader r = pp_reader_of((pp_bytes){saved.data, saved.size});
        REQUIRE(pp_index_load(&err, &kept, n.chain, LIVE, dir, &r));
        CHECK(pp_read_done(&r));
        free(saved.data);
        CHECK_EQ(pp_index_finalized(all), pp_index_finalized(kept));
        for (uint64_t h = 0; h <= i + 1; h++)
            for (uint64_t who = 20; who < 42; who++) {
                pp_account x, y;
                pp_address address = test_address(who);
                CHECK_EQ(pp_index_account(&x, all, &address, h),
                         pp_index_account(&y, kept, &address, h));
                CHECK(x.nonce == y.nonce && pp_u256_cmp(&x.balance, &y.balance) == 0);
            }
    }
    CHECK(pp_index_finalized(all) > 8);
    CHECK(pp_index_finalized(all) < pp_index_head(all) - PP_INDEX_STATES);
    // Of another block than the chain stands at.
    pp_wire saved = {0};
    REQUIRE(pp_index_save(&err, kept, &saved));
    pp_index_free(kept);
    net_make(&n);
    pp_reader r = pp_reader_of((pp_bytes){saved.data, saved.size});
    CHECK(!pp_index_load(&err, &kept, n.chain, LIVE, dir, &r) && kept == NULL);
    CHECK(err.exit_code == PP_EXIT_NO && strstr(err.text, "another chain"));
    free(saved.data);
    pp_index_free(all);
    net_close(&n);
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_EQ(system(command), 0);
}

// A lane that a command made in block 4 begins there, with what that block has of it, whether the
// index was kept meanwhile or not.
PP_TEST(a_lane_that_was_born_later) {
    static net n;
    enum { BORN = 2 };
    char dir[] = "/tmp/pp-index-XXXXXX", command[64];
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made);
    pp_err err;
    pp_index *first = begin(&n, PP_CHECK_PROOF), *index;
    for (int i = 0; i < 3; i++) make(&n, first);
    pp_genesis_rollup r = n.rollups[LIVE];
    r.allocations = NULL;
    r.allocations_len = 0;
    r.chain_id = 78;
    strcpy(r.name, "third");
    size_t size;
    uint8_t *payload = pp_entry_encode(&size, &r);
    net_command(&n, 1, PP_COMMAND_CREATE, (pp_bytes){payload, size});
    free(payload);
    // In the same block: refused by the batch, for nobody has anything there.
    raw_tx a;
    net_raw(&a, LIVE, 21, 0, 30, 1);
    net_tx(&n, BORN, &a);
    pp_chain_result result = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&result.items[0]), "OK");
    const net_block *b = &n.blocks[4];
    CHECK(pp_index_add(&err, first, n.chain, (pp_bytes){b->bytes, b->size}, &result));
    REQUIRE(pp_index_new_born(&err, &index, n.chain, BORN, dir));
    CHECK(pp_index_add(&err, index, n.chain, (pp_bytes){b->bytes, b->size}, &result));
    for (int again = 0; again < 2; again++) {
        CHECK(pp_index_first(index) == 4 && pp_index_head(index) == 4);
        CHECK(pp_index_block_at(index, 0) != NULL && pp_index_block_at(index, 3) == NULL);
        const pp_index_block *mine = pp_index_block_at(index, 4),
                             *its = pp_index_block_at(first, 4);
        REQUIRE(mine != NULL && its != NULL);
        CHECK(pp_hash32_eq(&mine->hash, &its->hash) && pp_hash32_eq(&mine->parent, &its->parent));
        CHECK(mine->ordered == 1 && mine->applied == 0 && its->ordered == 0);
        const pp_index_tx *tx = pp_index_tx_at(index, 0);
        CHECK(tx != NULL && tx->height == 4 && tx->reason != PP_ROLLUP_OK);
        CHECK(pp_index_tx_by_hash(first, &tx->hash) == NULL);
        const pp_hash32 none = {{0}};
        CHECK(pp_index_block_by_hash(index, &none) == NULL);
        CHECK(pp_index_block_by_hash(index, &its->hash) == mine);
        pp_account account;
        pp_address address = test_address(21);
        for (uint64_t h = 0; h <= 4; h++) {
            CHECK(pp_index_account(&account, index, &address, h));
            CHECK(account.nonce == 0 && pp_u256_is_zero(&account.balance));
        }
        pp_wire saved = {0};
        REQUIRE(pp_index_save(&err, index, &saved));
        pp_index_free(index);
        pp_reader reader = pp_reader_of((pp_bytes){saved.data, saved.size});
        REQUIRE(pp_index_load(&err, &index, n.chain, BORN, dir, &reader));
        CHECK(pp_read_done(&reader));
        free(saved.data);
    }
    pp_index_free(index);
    pp_index_free(first);
    net_close(&n);
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_EQ(system(command), 0);
}

// What comes past the lane is found like anything else: forced transactions with their bytes from
// the queue, deposits in the accounts; and no block with either is final before its batch is
// proven.
PP_TEST(what_comes_past_the_lane) {
    static net n;
    pp_index *index = begin(&n, PP_CHECK_PROOF);
    raw_tx own, forced;
    net_raw(&forced, LIVE, 21, 0, 30, 500);
    net_raw(&own, LIVE, 21, 1, 31, 7);
    make(&n, index);
    net_deposit(&n, 1, LIVE, 32, 99);
    make(&n, index); // a batch begins for it at the end of block 2
    pp_address to = test_address(32);
    check_account(&n, index, &to);
    CHECK_EQ(pp_index_finalized(index), 1);
    net_force(&n, 1, LIVE, &forced); // waits for the next batch
    make(&n, index);
    make(&n, index); // cut
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 1);
    net_tx(&n, LIVE, &own);
    make(&n, index); // begins with the forced one
    const pp_index_block *b = pp_index_block_at(index, pp_index_head(index));
    CHECK(b->ordered == 2 && b->applied == 2 && b->gas_used == 42000);
    const pp_index_tx *first = pp_index_tx_at(index, 0), *second = pp_index_tx_at(index, 1);
    REQUIRE(first != NULL && second != NULL);
    CHECK(is_raw(index, first, &forced));
    CHECK(is_raw(index, second, &own));
    CHECK(pp_index_tx_by_hash(index, &first->hash) == first && first->base_fee == 1000000000);
    for (uint64_t who = 21; who <= 32; who++) {
        pp_address address = test_address(who);
        check_account(&n, index, &address);
    }
    CHECK_EQ(pp_index_finalized(index), 1);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &request, true);
    make(&n, index);
    CHECK_EQ(net_lane_now(&n, LIVE).checked, 1);
    CHECK_EQ(pp_index_finalized(index), 4); // the next batch began in block 5
    pp_index_free(index);
    net_close(&n);
}
