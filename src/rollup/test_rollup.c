// SPDX-License-Identifier: MIT OR Apache-2.0
// The transition, rule by rule: every reason, their order, what is paid to whom.
#include <stdlib.h>

#include "hash/keccak.h"
#include "rollup/test_support.h"

enum { CHAIN = 4242, BASE_FEE = 1000, FROM = 1, TO = 2, COLLECTOR = 3, RICH = 4, LAST = 5 };
static const uint64_t ETHER = 1000000000000000000u;

// --- one transaction on a small state ---

typedef struct one {
    pp_rollup_env env;
    tx_spec spec;
    block_account accounts[5]; // FROM, TO, COLLECTOR, RICH, LAST
} one;

// A valid transfer of 5 wei, tip 7 a gas, and the accounts it meets.
static one valid(void) {
    one o = {.env = {.chain_id = CHAIN,
                     .base_fee = BASE_FEE,
                     .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT,
                     .fee_recipient = test_address(COLLECTOR)},
             .spec = {.type = 2,
                      .chain_id = CHAIN,
                      .nonce = 9,
                      .gas_limit = 50000,
                      .tip_cap = pp_u256_from_u64(7),
                      .fee_cap = pp_u256_from_u64(2000),
                      .to = test_address(TO),
                      .value = pp_u256_from_u64(5)}};
    for (int i = 0; i < 5; i++) {
        o.accounts[i].address = test_address(FROM + (unsigned)i);
        o.accounts[i].account = (pp_account){.nonce = 9, .balance = pp_u256_from_u64(ETHER)};
    }
    for (int i = 0; i < 4; i++) o.accounts[RICH - 1].account.balance.v[i] = UINT64_MAX;
    o.accounts[LAST - 1].account.nonce = UINT64_MAX;
    return o;
}

typedef struct after {
    pp_rollup_result result;
    pp_rollup_totals totals;
    pp_account accounts[5];
    pp_account other; // of the spec's recipient
    bool changed;     // the root
} after;

static after run_raw(const one *o, pp_bytes raw) {
    after a;
    pp_digest before, root;
    pp_err err;
    pp_state s;
    pp_store *store = store_of(&before, o->accounts, 5);
    bool ok = pp_store_view(&err, store, &s, &before);
    PP_ASSERT(ok);
    pp_rollup_totals_init(&a.totals);
    CHECK_EQ(pp_rollup_step(&s, &a.totals, &a.result, &o->env, raw), PP_STATE_OK);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(pp_state_get(&s, &a.accounts[i], &o->accounts[i].address), PP_STATE_OK);
    CHECK_EQ(pp_state_get(&s, &a.other, &o->spec.to), PP_STATE_OK);
    CHECK_EQ(pp_state_root(&s, &root), PP_STATE_OK);
    a.changed = !pp_digest_eq(&root, &before);
    CHECK(a.changed == (a.result.reason == PP_ROLLUP_OK));
    CHECK_EQ(a.totals.applied, a.result.reason == PP_ROLLUP_OK);
    if (a.result.reason != PP_ROLLUP_OK) {
        pp_rollup_totals none;
        pp_rollup_totals_init(&none);
        CHECK(a.totals.gas_used == 0 && a.totals.base_fees == 0 && a.totals.withdrawn == 0);
        CHECK(a.result.gas_used == 0 && pp_u256_is_zero(&a.result.tip));
    }
    pp_state_close(&s);
    pp_store_close(store);
    return a;
}

static after run_from(const one *o, uint64_t from) {
    static raw_tx raw;
    sign_tx(&raw, &o->spec, from);
    return run_raw(o, raw_bytes(&raw));
}

static void expect_from(const one *o, uint64_t from, pp_rollup_reason reason) {
    after a = run_from(o, from);
    CHECK_STR(pp_rollup_reason_name(a.result.reason), pp_rollup_reason_name(reason));
}
static void expect(const one *o, pp_rollup_reason reason) {
    expect_from(o, FROM, reason);
}

static void check_balance(const pp_account *a, uint64_t ether, int64_t change) {
    pp_u256 expected = pp_u256_from_u128((pp_u128)((__int128)ether + change));
    CHECK(pp_u256_cmp(&a->balance, &expected) == 0);
}

// --- applied ---

PP_TEST(transfer_of_each_type) {
    for (int type = 0; type <= 2; type++) {
        one o = valid();
        o.spec.type = type;
        // A price is cap and tip at once: all above the base fee is tip.
        int64_t tip = 21000 * (type == 2 ? 7 : 1000);
        after a = run_from(&o, FROM);
        CHECK_EQ(a.result.reason, PP_ROLLUP_OK);
        CHECK_EQ(a.result.gas_used, 21000);
        CHECK(a.result.has_sender && pp_address_eq(&a.result.sender, &o.accounts[0].address));
        check_balance(&a.accounts[0], ETHER, -5 - tip - 21000 * BASE_FEE);
        check_balance(&a.accounts[1], ETHER, 5);
        check_balance(&a.accounts[2], ETHER, tip);
        CHECK_EQ(a.accounts[0].nonce, 10);
        CHECK_EQ(a.accounts[1].nonce, 9);
        CHECK_EQ(a.totals.base_fees, 21000 * BASE_FEE);
        CHECK_EQ(a.totals.gas_used, 21000);
    }
}

PP_TEST(tip_is_what_the_cap_leaves) {
    one o = valid();
    o.spec.fee_cap = pp_u256_from_u64(BASE_FEE + 3);
    after a = run_from(&o, FROM);
    check_balance(&a.accounts[2], ETHER, 3 * 21000);
    o.spec.fee_cap = o.spec.tip_cap = pp_u256_from_u64(BASE_FEE); // nothing
    a = run_from(&o, FROM);
    check_balance(&a.accounts[2], ETHER, 0);
    check_balance(&a.accounts[0], ETHER, -5 - 21000 * BASE_FEE);
}

PP_TEST(access_lists_are_charged) {
    for (int type = 1; type <= 2; type++) {
        one o = valid();
        o.spec.type = type;
        o.spec.access_addresses = 3;
        o.spec.access_keys = 2;
        uint64_t gas = 21000 + 3 * 2400 + 6 * 1900;
        o.spec.gas_limit = gas;
        after a = run_from(&o, FROM);
        CHECK_EQ(a.result.reason, PP_ROLLUP_OK);
        CHECK_EQ(a.result.gas_used, gas);
        CHECK_EQ(a.totals.base_fees, gas * BASE_FEE);
        o.spec.gas_limit = gas - 1;
        expect(&o, PP_ROLLUP_INTRINSIC_GAS);
    }
}

PP_TEST(one_account_in_several_roles) {
    one o = valid();
    int64_t base = 21000 * BASE_FEE, tip = 21000 * 7;
    o.spec.to = test_address(FROM); // to oneself
    after a = run_from(&o, FROM);
    check_balance(&a.accounts[0], ETHER, -base - tip);
    CHECK_EQ(a.accounts[0].nonce, 10);
    o.spec.to = test_address(COLLECTOR); // to the fee recipient
    a = run_from(&o, FROM);
    check_balance(&a.accounts[2], ETHER, 5 + tip);
    o.spec.to = test_address(TO); // from the fee recipient
    a = run_from(&o, COLLECTOR);
    check_balance(&a.accounts[2], ETHER, -5 - base);
    check_balance(&a.accounts[1], ETHER, 5);
    o.spec.to = test_address(COLLECTOR); // all three
    a = run_from(&o, COLLECTOR);
    check_balance(&a.accounts[2], ETHER, -base);
    CHECK_EQ(a.accounts[2].nonce, 10);
}

PP_TEST(new_accounts) {
    one o = valid();
    o.spec.to = test_address(1000);
    after a = run_from(&o, FROM);
    check_balance(&a.other, 0, 5);
    CHECK_EQ(a.other.nonce, 0);
    // A zero-value transfer creates nothing: with its recipient absent the root is that of the
    // same transfer to oneself.
    pp_digest roots[2];
    for (int i = 0; i < 2; i++) {
        one z = valid();
        raw_tx raw;
        ran r;
        pp_digest root;
        pp_store *store = store_of(&root, z.accounts, 5);
        z.spec.value = pp_u256_from_u64(0);
        z.spec.to = test_address(i ? 1000 : FROM);
        z.env.fee_recipient = test_address(i ? 2000 : COLLECTOR); // no tip: not created either
        z.spec.tip_cap = pp_u256_from_u64(0);
        sign_tx(&raw, &z.spec, FROM);
        pp_bytes tx = raw_bytes(&raw);
        REQUIRE(run_native(&r, store, &root, &z.env, &tx, 1));
        CHECK_EQ(r.results[0].reason, PP_ROLLUP_OK);
        roots[i] = root;
        ran_free(&r);
        pp_store_close(store);
    }
    CHECK(pp_digest_eq(&roots[0], &roots[1]));
}

PP_TEST(a_sender_that_was_absent) {
    one o = valid(); // possible where gas costs nothing
    o.env.base_fee = 0;
    o.spec.nonce = 0;
    o.spec.fee_cap = o.spec.tip_cap = o.spec.value = pp_u256_from_u64(0);
    o.spec.to = test_address(1000);
    after a = run_from(&o, 1000);
    CHECK_EQ(a.result.reason, PP_ROLLUP_OK);
    CHECK_EQ(a.other.nonce, 1);
}

PP_TEST(the_last_wei) {
    one o = valid();
    pp_u256 rest = pp_u256_from_u64(ETHER - 50000 * 2000);
    o.spec.value = rest;
    after a = run_from(&o, FROM);
    CHECK_EQ(a.result.reason, PP_ROLLUP_OK);
    check_balance(&a.accounts[0], 0, 50000 * 2000 - 21000 * (BASE_FEE + 7));
    o.spec.value.v[0]++;
    expect(&o, PP_ROLLUP_BALANCE);
}

// --- refused, each for its reason ---

PP_TEST(decoding) {
    one o = valid();
    raw_tx raw;
    sign_tx(&raw, &o.spec, FROM);
    CHECK_EQ(run_raw(&o, raw_bytes(&raw)).result.reason, PP_ROLLUP_OK);
    raw.data[raw.size++] = 0; // a byte behind it
    CHECK_EQ(run_raw(&o, raw_bytes(&raw)).result.reason, PP_ROLLUP_DECODE);
    raw.size -= 2; // cut short
    CHECK_EQ(run_raw(&o, raw_bytes(&raw)).result.reason, PP_ROLLUP_DECODE);
    CHECK_EQ(run_raw(&o, (pp_bytes){raw.data, 0}).result.reason, PP_ROLLUP_DECODE);
    raw.size++;
    raw.data[0] = 3;
    CHECK_EQ(run_raw(&o, raw_bytes(&raw)).result.reason, PP_ROLLUP_TYPE_BLOB);
    raw.data[0] = 4;
    CHECK_EQ(run_raw(&o, raw_bytes(&raw)).result.reason, PP_ROLLUP_TYPE_SETCODE);
    raw.data[0] = 5;
    CHECK_EQ(run_raw(&o, raw_bytes(&raw)).result.reason, PP_ROLLUP_TYPE);
    raw.data[0] = 0;
    CHECK_EQ(run_raw(&o, raw_bytes(&raw)).result.reason, PP_ROLLUP_TYPE);
}

PP_TEST(size) {
    one o = valid();
    pp_bytes big = {calloc(1, PP_ROLLUP_TX_SIZE_MAX + 1), PP_ROLLUP_TX_SIZE_MAX + 1};
    PP_ASSERT(big.data);
    for (int first = 0; first < 6; first++) { // whatever it is
        *(uint8_t *)(uintptr_t)big.data = (uint8_t)first;
        CHECK_EQ(run_raw(&o, big).result.reason, PP_ROLLUP_SIZE);
    }
    big.size--;
    CHECK_EQ(run_raw(&o, big).result.reason, PP_ROLLUP_TYPE);
    free((void *)(uintptr_t)big.data);
}

PP_TEST(chain_ids) {
    for (int type = 0; type <= 2; type++) {
        one o = valid();
        o.spec.type = type;
        o.spec.chain_id = CHAIN + 1;
        expect(&o, PP_ROLLUP_CHAIN_ID);
        o.env.chain_id = CHAIN + 1;
        expect(&o, PP_ROLLUP_OK);
    }
    one o = valid();
    o.spec.type = 0;
    o.spec.chain_id = SPEC_UNPROTECTED;
    expect(&o, PP_ROLLUP_UNPROTECTED);
    o.env.chain_id = 1; // where it was signed for
    expect(&o, PP_ROLLUP_OK);
}

PP_TEST(signatures) {
    for (int type = 0; type <= 2; type++)
        for (int how = SIG_HIGH_S; how <= SIG_PARITY; how++) {
            one o = valid();
            o.spec.type = type;
            o.spec.signature = (enum spec_signature)how;
            // A legacy v that means neither parity names no chain id either.
            bool unnamed = type == 0 && how == SIG_PARITY;
            expect(&o, unnamed ? PP_ROLLUP_UNPROTECTED : PP_ROLLUP_SIGNATURE);
            o.env.chain_id = o.spec.chain_id = 1;
            expect(&o, PP_ROLLUP_SIGNATURE);
        }
}

PP_TEST(nonces) {
    one o = valid();
    o.spec.nonce = 10;
    expect(&o, PP_ROLLUP_NONCE_GAP);
    o.spec.nonce = 8;
    expect(&o, PP_ROLLUP_NONCE_LOW);
    o.spec.nonce = UINT64_MAX;
    expect(&o, PP_ROLLUP_NONCE_GAP);
    expect_from(&o, LAST, PP_ROLLUP_NONCE_MAX);
    o.accounts[LAST - 1].account.nonce = UINT64_MAX - 1;
    o.spec.nonce = UINT64_MAX - 1;
    expect_from(&o, LAST, PP_ROLLUP_OK);
}

PP_TEST(fee_caps) {
    one o = valid();
    o.spec.tip_cap = pp_u256_from_u64(2001);
    expect(&o, PP_ROLLUP_TIP_ABOVE_CAP);
    o.spec.tip_cap = pp_u256_from_u64(2000);
    expect(&o, PP_ROLLUP_OK);
    o.spec.tip_cap = pp_u256_from_u64(0);
    o.spec.fee_cap = pp_u256_from_u64(BASE_FEE - 1);
    expect(&o, PP_ROLLUP_FEE_CAP);
    o.spec.fee_cap = pp_u256_from_u64(BASE_FEE);
    expect(&o, PP_ROLLUP_OK);
    o.spec.type = 0;
    o.spec.fee_cap = pp_u256_from_u64(BASE_FEE - 1);
    expect(&o, PP_ROLLUP_FEE_CAP);
}

PP_TEST(balances) {
    one o = valid();
    o.spec.value = pp_u256_from_u64(ETHER);
    expect(&o, PP_ROLLUP_BALANCE);
    o = valid();
    o.spec.gas_limit = ETHER / 2000 + 1; // gas limit * cap counts, not what will be used
    o.env.gas_limit = UINT64_MAX;
    expect(&o, PP_ROLLUP_BALANCE);
    o = valid();
    o.spec.fee_cap.v[3] = UINT64_MAX; // the product passes 2^256
    expect_from(&o, RICH, PP_ROLLUP_BALANCE);
    o = valid();
    for (int i = 0; i < 4; i++) o.spec.value.v[i] = UINT64_MAX; // the sum passes 2^256
    expect_from(&o, RICH, PP_ROLLUP_BALANCE);
    o = valid();
    expect_from(&o, 1000, PP_ROLLUP_NONCE_GAP); // nobody
    o.spec.nonce = 0;
    expect_from(&o, 1000, PP_ROLLUP_BALANCE);
}

PP_TEST(gas) {
    one o = valid();
    o.spec.gas_limit = 20999;
    expect(&o, PP_ROLLUP_INTRINSIC_GAS);
    o.spec.gas_limit = 21000;
    expect(&o, PP_ROLLUP_OK);
    o.env.gas_limit = 20999;
    expect(&o, PP_ROLLUP_BATCH_GAS);
    o.env.gas_limit = 21000;
    expect(&o, PP_ROLLUP_OK);
}

PP_TEST(batch_gas_is_used_up) {
    one o = valid();
    o.env.gas_limit = 3 * 21000;
    o.spec.gas_limit = 21000;
    raw_tx raw[4];
    pp_bytes txs[4];
    for (int i = 0; i < 4; i++) {
        sign_tx(&raw[i], &o.spec, FROM);
        txs[i] = raw_bytes(&raw[i]);
        o.spec.nonce++;
    }
    pp_digest root;
    pp_store *store = store_of(&root, o.accounts, 5);
    ran r;
    REQUIRE(run_native(&r, store, &root, &o.env, txs, 4));
    for (int i = 0; i < 3; i++) CHECK_EQ(r.results[i].reason, PP_ROLLUP_OK);
    CHECK_EQ(r.results[3].reason, PP_ROLLUP_BATCH_GAS);
    CHECK_EQ(r.totals.gas_used, 63000);
    ran_free(&r);
    pp_store_close(store);
}

PP_TEST(kinds_refused_for_now) {
    one o = valid();
    o.spec.data_size = 1;
    expect(&o, PP_ROLLUP_INPUT_DATA);
    o = valid();
    o.spec.creates = true;
    expect(&o, PP_ROLLUP_CREATION);
    o = valid();
    for (unsigned low = 0; low <= 0x210; low++) {
        memset(&o.spec.to, 0, sizeof o.spec.to);
        o.spec.to.b[18] = (uint8_t)(low >> 8);
        o.spec.to.b[19] = (uint8_t)low;
        bool is = (low >= 1 && low <= 0x11) || low == 0x100;
        CHECK(pp_rollup_is_precompile(&o.spec.to) == is);
        if (is || low == 0 || low == 0x12 || low == 0x101)
            expect(&o, is ? PP_ROLLUP_PRECOMPILE : PP_ROLLUP_OK);
    }
    o.spec.to = (pp_address){{1, [19] = 1}};
    expect(&o, PP_ROLLUP_OK);
}

PP_TEST(balances_that_would_pass_2_256) {
    one o = valid();
    o.spec.to = test_address(RICH);
    expect(&o, PP_ROLLUP_OVERFLOW);
    o.spec.value = pp_u256_from_u64(0);
    expect(&o, PP_ROLLUP_OK);
    o = valid();
    o.env.fee_recipient = test_address(RICH); // by the tip
    expect(&o, PP_ROLLUP_OVERFLOW);
    o.spec.tip_cap = pp_u256_from_u64(0);
    expect(&o, PP_ROLLUP_OK);
    o = valid(); // to oneself nothing passes anything
    o.spec.to = test_address(RICH);
    o.spec.value = pp_u256_from_u64(5);
    expect_from(&o, RICH, PP_ROLLUP_OK);
}

// --- the order of the checks ---

typedef struct fault {
    void (*make)(one *o);
    pp_rollup_reason reason;
    int group; // faults of one group exclude each other
} fault;

static void f_chain(one *o) {
    o->spec.chain_id = 7;
}
static void f_signature(one *o) {
    o->spec.signature = SIG_HIGH_S;
}
static void f_gap(one *o) {
    o->spec.nonce++;
}
static void f_low(one *o) {
    o->spec.nonce--;
}
static void f_max(one *o) {
    o->spec.nonce = o->accounts[0].account.nonce = UINT64_MAX;
}
static void f_tip(one *o) {
    o->spec.tip_cap = pp_u256_from_u64(1 << 20);
}
static void f_cap(one *o) {
    o->spec.fee_cap = pp_u256_from_u64(10);
}
static void f_balance(one *o) {
    o->spec.value = pp_u256_from_u64(2 * ETHER);
}
static void f_batch_gas(one *o) {
    o->env.gas_limit = 100;
}
static void f_intrinsic(one *o) {
    o->spec.gas_limit = 20999;
}
static void f_data(one *o) {
    o->spec.data_size = 3;
}
static void f_creation(one *o) {
    o->spec.creates = true;
}
static void f_precompile(one *o) {
    o->spec.to = (pp_address){{[19] = 4}};
}
static void f_overflow(one *o) { // by the tip, so that the recipient does not matter
    o->env.fee_recipient = test_address(RICH);
}

PP_TEST(of_two_faults_the_first_is_named) {
    static const fault faults[] = {
        {f_chain, PP_ROLLUP_CHAIN_ID, 0},        {f_signature, PP_ROLLUP_SIGNATURE, 1},
        {f_gap, PP_ROLLUP_NONCE_GAP, 2},         {f_low, PP_ROLLUP_NONCE_LOW, 2},
        {f_max, PP_ROLLUP_NONCE_MAX, 2},         {f_tip, PP_ROLLUP_TIP_ABOVE_CAP, 3},
        {f_cap, PP_ROLLUP_FEE_CAP, 4},           {f_balance, PP_ROLLUP_BALANCE, 5},
        {f_batch_gas, PP_ROLLUP_BATCH_GAS, 6},   {f_intrinsic, PP_ROLLUP_INTRINSIC_GAS, 7},
        {f_data, PP_ROLLUP_INPUT_DATA, 8},       {f_creation, PP_ROLLUP_CREATION, 9},
        {f_precompile, PP_ROLLUP_PRECOMPILE, 9}, {f_overflow, PP_ROLLUP_OVERFLOW, 10},
    };
    for (size_t i = 0; i < PP_COUNT(faults); i++) {
        one o = valid();
        faults[i].make(&o);
        expect(&o, faults[i].reason);
        for (size_t j = i + 1; j < PP_COUNT(faults); j++) {
            if (faults[i].group == faults[j].group) continue;
            one both = valid();
            faults[j].make(&both);
            faults[i].make(&both);
            expect(&both, faults[i].reason);
        }
    }
}

// --- withdrawals ---

// RFC 6962's definition.
static void slow_tree(pp_hash32 *out, const pp_withdrawal *w, size_t len) {
    if (len == 1) {
        pp_withdrawal_leaf(out, w);
        return;
    }
    size_t left = 1;
    while (2 * left < len) left *= 2;
    pp_hash32 d[2];
    uint8_t bytes[65] = {1};
    slow_tree(&d[0], w, left);
    slow_tree(&d[1], w + left, len - left);
    memcpy(bytes + 1, d[0].b, 32);
    memcpy(bytes + 33, d[1].b, 32);
    pp_keccak256(out, bytes, sizeof bytes);
}

PP_TEST(withdrawal_tree) {
    pp_withdrawals tree;
    pp_withdrawal w[70];
    pp_withdrawals_init(&tree);
    for (size_t n = 0; n <= 70; n++) {
        pp_hash32 root, top = {{0}}, expected;
        uint8_t bytes[22 + 8 + 32] = "polypoly/withdrawals/1";
        if (n) slow_tree(&top, w, n);
        pp_store_be64(bytes + 22, n);
        memcpy(bytes + 30, top.b, 32);
        pp_keccak256(&expected, bytes, sizeof bytes);
        pp_withdrawals_root(&root, &tree);
        CHECK(pp_hash32_eq(&root, &expected));
        if (n == 70) break;
        w[n] = (pp_withdrawal){n, test_address(n), pp_u256_from_u64(n * n)};
        pp_withdrawals_append(&tree, &w[n].receiver, &w[n].amount);
    }
}

// Every path of every small tree leads to its top, nothing else does; and the top gives the root
// that the guest makes.
PP_TEST(withdrawal_paths) {
    enum { MOST = 35 };
    pp_withdrawals tree;
    pp_withdrawal w[MOST];
    pp_hash32 path[PP_WITHDRAWALS_LOG_MAX], top, root, got;
    pp_withdrawals_init(&tree);
    for (uint64_t n = 1; n <= MOST; n++) {
        w[n - 1] = (pp_withdrawal){n - 1, test_address(n), pp_u256_from_u64(n * n)};
        pp_withdrawals_append(&tree, &w[n - 1].receiver, &w[n - 1].amount);
        pp_withdrawals_top(&top, w, n);
        uint8_t bytes[22 + 8 + 32] = "polypoly/withdrawals/1";
        pp_store_be64(bytes + 22, n);
        memcpy(bytes + 30, top.b, 32);
        pp_keccak256(&got, bytes, sizeof bytes);
        pp_withdrawals_root(&root, &tree);
        CHECK_MEM(got.b, root.b, 32);
        for (uint64_t i = 0; i < n; i++) {
            size_t len = pp_withdrawals_path(path, w, n, i);
            CHECK(pp_withdrawals_climb(&got, n, &w[i], path, len));
            CHECK_MEM(got.b, top.b, 32);
            // Another index, receiver, amount; a digest more, less, or changed.
            pp_withdrawal other = w[i];
            for (other.index = 0; other.index <= n; other.index++)
                CHECK(other.index == i || !pp_withdrawals_climb(&got, n, &other, path, len) ||
                      !pp_hash32_eq(&got, &top));
            other = w[i];
            other.receiver.b[19] ^= 1;
            CHECK(pp_withdrawals_climb(&got, n, &other, path, len) && !pp_hash32_eq(&got, &top));
            other = w[i];
            other.amount.v[3] ^= 1;
            CHECK(pp_withdrawals_climb(&got, n, &other, path, len) && !pp_hash32_eq(&got, &top));
            path[len] = top;
            CHECK(!pp_withdrawals_climb(&got, n, &w[i], path, len + 1));
            CHECK(len == 0 || !pp_withdrawals_climb(&got, n, &w[i], path, len - 1));
            for (size_t j = 0; j < len; j++) {
                path[j].b[j] ^= 1;
                CHECK(pp_withdrawals_climb(&got, n, &w[i], path, len) && !pp_hash32_eq(&got, &top));
                path[j].b[j] ^= 1;
            }
        }
    }
}

PP_TEST(withdrawals) {
    one o = valid();
    o.spec.to = pp_rollup_exit_address;
    after a = run_from(&o, FROM);
    CHECK_EQ(a.result.reason, PP_ROLLUP_OK);
    check_balance(&a.accounts[0], ETHER, -5 - 21000 * (BASE_FEE + 7));
    check_balance(&a.other, 0, 0); // it has left
    CHECK_EQ(a.totals.withdrawn, 5);
    pp_withdrawals tree;
    pp_hash32 root, expected;
    pp_withdrawals_init(&tree);
    pp_withdrawals_append(&tree, &o.accounts[0].address, &o.spec.value);
    pp_withdrawals_root(&expected, &tree);
    pp_withdrawals_root(&root, &a.totals.withdrawals);
    CHECK(pp_hash32_eq(&root, &expected));
    o.spec.value = pp_u256_from_u64(0); // nothing withdrawn is no withdrawal
    a = run_from(&o, FROM);
    CHECK_EQ(a.result.reason, PP_ROLLUP_OK);
    CHECK_EQ(a.totals.withdrawals.count, 0);
    o.spec.value = (pp_u256){{0, 0, 1, 0}};
    expect_from(&o, RICH, PP_ROLLUP_EXIT_AMOUNT);
}

PP_TEST(withdrawals_that_pass_2_128_together) {
    one o = valid();
    o.spec.to = pp_rollup_exit_address;
    o.spec.value = (pp_u256){{UINT64_MAX, UINT64_MAX, 0, 0}};
    raw_tx raw[2];
    sign_tx(&raw[0], &o.spec, RICH);
    o.spec.nonce++;
    o.spec.value = pp_u256_from_u64(1);
    sign_tx(&raw[1], &o.spec, RICH);
    pp_bytes txs[2] = {raw_bytes(&raw[0]), raw_bytes(&raw[1])};
    pp_digest root;
    pp_store *store = store_of(&root, o.accounts, 5);
    ran r;
    REQUIRE(run_native(&r, store, &root, &o.env, txs, 2));
    CHECK_EQ(r.results[0].reason, PP_ROLLUP_OK);
    CHECK_EQ(r.results[1].reason, PP_ROLLUP_EXIT_AMOUNT);
    ran_free(&r);
    pp_store_close(store);
}

PP_TEST(names_of_reasons_are_stable) {
    for (int i = 0; i < PP_ROLLUP_REASONS_LEN; i++)
        for (int j = 0; j < i; j++)
            CHECK(strcmp(pp_rollup_reason_name((pp_rollup_reason)i),
                         pp_rollup_reason_name((pp_rollup_reason)j)) != 0);
    CHECK_STR(pp_rollup_reason_name(PP_ROLLUP_OK), "OK");
    CHECK_STR(pp_rollup_reason_name(PP_ROLLUP_NONCE_GAP), "R-NONCE-GAP");
    CHECK_STR(pp_rollup_reason_name(PP_ROLLUP_REASONS_LEN), "R-UNKNOWN");
}
