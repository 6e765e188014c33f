// SPDX-License-Identifier: MIT OR Apache-2.0
// The file to leave a rollup with: made from a chain, read again, refused where a byte of it is
// another one; and what is made of it alone is paid.
#include "host/leave.h"

#include <stdlib.h>

#include "chain/test_support.h"
#include "hash/keccak.h"

static net n;

enum { BLOCKS = 66 };

// User 21 withdraws twice, 22 once; the first batch is proven, one of its withdrawals claimed; the
// second batch waits for ever.
static void open_net(void) {
    raw_tx tx;
    net_init(&n);
    n.genesis.exit = (pp_genesis_exit){3000 * BLOCKS, BLOCKS};
    net_open(&n);
    for (uint64_t i = 0; i < 4; i++) {
        if (i < 2)
            net_raw_exit(&tx, LIVE, 21, i, (1 + i) * ETHER);
        else
            net_raw_exit(&tx, LIVE, 20 + i, i - 2, 3 * ETHER);
        if (i == 3) net_raw(&tx, LIVE, 24, 0, 25, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
    pp_chain_withdrawal w;
    uint64_t batch = 0, index = 0;
    REQUIRE(pp_chain_unclaimed(&w, &batch, &index, n.chain, LIVE, NULL));
    net_withdraw(&n, 21, LIVE, &w);
    CHECK_STR(net_one(&n), "OK");
    net_raw(&tx, LIVE, 21, 2, 25, 7 * ETHER);
    net_tx(&n, LIVE, &tx);
    n.step = 6000;
    for (int i = 0; i <= BLOCKS; i++) net_make(&n);
}

static void seal(uint8_t *bytes, size_t size) {
    static const char tag[] = "polypoly/leave/1";
    pp_hash32 sum;
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, bytes, size - 32);
    pp_keccak_final(&k, &sum);
    memcpy(bytes + size - 32, sum.b, 32);
}

PP_TEST(the_file_says_what_the_chain_says) {
    pp_err err = {0};
    pp_leave a, b;
    open_net();
    CHECK(!pp_leave_make(&err, &a, n.chain, n.store, 9));
    CHECK_STR(err.text, "there is no lane 9");
    REQUIRE(pp_leave_make(&err, &a, n.chain, n.store, LIVE));
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(pp_digest_eq(&a.root, &l.checked_root) && a.checked == 1 && a.chain_id == 77);
    CHECK_EQ(a.accounts_len, NET_USERS + 1); // and the fee recipient
    CHECK_EQ(a.batches_len, 1);
    CHECK_EQ(a.batches[0].len, 3);
    CHECK(a.batches[0].claimed[0] && !a.batches[0].claimed[1] && !a.batches[0].claimed[2]);
    size_t size, again_size;
    uint8_t *bytes = pp_leave_encode(&size, &a);
    REQUIRE(pp_leave_decode(&err, &b, "f", (pp_bytes){bytes, size}));
    uint8_t *again = pp_leave_encode(&again_size, &b);
    CHECK_EQ(size, again_size);
    CHECK_MEM(bytes, again, size);
    CHECK(b.height == a.height && b.time == a.time && pp_hash32_eq(&b.genesis, &n.hash));
    pp_leave_free(&b);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 1;
        CHECK(!pp_leave_decode(&err, &b, "f", (pp_bytes){bytes, size}) && b.accounts == NULL);
        CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
        bytes[i] ^= 1;
        CHECK(!pp_leave_decode(&err, &b, "f", (pp_bytes){bytes, i}));
    }
    // With the checksum made again: what it says must still hold together.
    static const struct {
        size_t at; // in bytes; from the end when large
        uint8_t mask;
        const char *sentence;
    } lies[] = {
        {0, 1, "f: not a file to leave a rollup with"},
        {7, 2, "f: of a version that this program does not know"},
        {80 + 3, 0x80, "f: its root is none"}, // an element above the field
        {116 + 5, 1, "f: it is shorter than its accounts"},
        {116, 1, NULL},    // an account less
        {124, 0xff, NULL}, // the first address is not the smallest
    };
    for (size_t i = 0; i < PP_COUNT(lies); i++) {
        bytes[lies[i].at] ^= lies[i].mask;
        seal(bytes, size);
        CHECK(!pp_leave_decode(&err, &b, "f", (pp_bytes){bytes, size}));
        if (lies[i].sentence) CHECK_STR(err.text, lies[i].sentence);
        bytes[lies[i].at] ^= lies[i].mask;
    }
    free(bytes);
    free(again);
    pp_leave_free(&a);
    net_close(&n);
}

static pp_u128 free_of(uint64_t who) {
    pp_address address = test_address(who);
    const pp_market_account *a = pp_market_find_account(pp_chain_market(n.chain), &address);
    return a ? a->free : 0;
}

PP_TEST(what_is_made_of_the_file_is_paid) {
    pp_err err = {0};
    pp_leave leave;
    pp_leave_claims claims;
    uint8_t key[32];
    pp_address to = test_address(33);
    open_net();
    REQUIRE(pp_leave_make(&err, &leave, n.chain, n.store, LIVE));
    test_key(key, 21);
    REQUIRE(pp_leave_claim(&err, &claims, &leave, "f", key, &to, true));
    CHECK(claims.withdrawals == 1 && claims.withdrawn == 2 * ETHER && claims.items_len == 2);
    CHECK(claims.balance > 96 * ETHER && claims.balance < 97 * ETHER);
    pp_u128 had = free_of(21);
    for (size_t i = 0; i < claims.items_len; i++) {
        net_add(&n, claims.items[i].data, claims.items[i].size);
        CHECK_STR(net_one(&n), "OK");
        net_add(&n, claims.items[i].data, claims.items[i].size);
        CHECK_STR(net_one(&n), i == 0 ? "C-CLAIMED" : "C-EXITED");
    }
    CHECK(free_of(21) == had && free_of(33) == 2 * ETHER + claims.balance - net_place(&n));
    pp_leave_claims_free(&claims);
    // The withdrawals alone: there are none left in the file's eyes but this one.
    REQUIRE(pp_leave_claim(&err, &claims, &leave, "f", key, NULL, false));
    CHECK(claims.items_len == 1 && claims.balance == 0);
    pp_leave_claims_free(&claims);
    // Somebody who has nothing there; and the zero key.
    test_key(key, 36);
    REQUIRE(pp_leave_claim(&err, &claims, &leave, "f", key, &to, true));
    CHECK(claims.items_len == 0 && claims.balance == 0);
    pp_leave_claims_free(&claims);
    memset(key, 0, sizeof key);
    CHECK(!pp_leave_claim(&err, &claims, &leave, "f", key, &to, true));
    // A frozen lane's file says the same, and whoever is still in leaves with it.
    pp_leave frozen;
    REQUIRE(pp_leave_make(&err, &frozen, n.chain, n.store, LIVE));
    CHECK(pp_digest_eq(&frozen.root, &leave.root) && frozen.accounts_len == leave.accounts_len);
    test_key(key, 22);
    REQUIRE(pp_leave_claim(&err, &claims, &frozen, "f", key, &to, true));
    for (size_t i = 0; i < claims.items_len; i++) {
        net_add(&n, claims.items[i].data, claims.items[i].size);
        CHECK_STR(net_one(&n), "OK");
    }
    pp_leave_claims_free(&claims);
    // Accounts that are not the root's.
    leave.accounts[3].account.nonce++;
    test_key(key, 23);
    CHECK(!pp_leave_claim(&err, &claims, &leave, "f", key, &to, true));
    CHECK_STR(err.text, "f: its accounts are not those of the root it names");
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    pp_leave_claims_free(&claims);
    pp_leave_free(&frozen);
    pp_leave_free(&leave);
    net_close(&n);
}
