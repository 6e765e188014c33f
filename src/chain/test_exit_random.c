// SPDX-License-Identifier: MIT OR Apache-2.0
// Random transfers, deposits, forced transactions, withdrawals, proofs, claims and exits, true and
// false ones, against a small oracle that keeps its own books: what each command must be told, and
// what everybody must have after each block. PP_EXIT_RUNS sets how many runs (soak).
#include <stdlib.h>

#include "chain/test_support.h"

enum {
    USERS = 8,    // test accounts 21 to 28
    TIPS = USERS, // 40
    OTHERS = 9,   // 31 and 32: have nothing anywhere, but are paid
    RICH = 11,    // 3 and 4: have money on the chain
    PEOPLE = 13,
    BATCHES = 256,
    BATCH_TXS = 8, // of the lane's own, and as many forced ones
    ITEMS = 8,
    QUEUE = 512,
    BLOCKS = 66, // of the exit
    RUNS = 24,
    COMMAND_FEE = 1000, // wei a byte
};
#define EXIT_MS 66000 // of market time: at most three seconds a block

static uint64_t account_of(size_t who) {
    if (who == TIPS) return 40;
    return who < USERS ? 21 + who : who < RICH ? 31 + who - OTHERS : 3 + who - RICH;
}

typedef struct leaf {
    size_t who;
    pp_u128 wei;
    bool paid;
} leaf;

typedef struct batch {
    bool accepted;
    pp_u128 balance[PEOPLE]; // behind it
    size_t leaves_len;
    leaf leaves[2 * BATCH_TXS];
    uint64_t deposits; // consumed behind it
} batch;

typedef enum op_kind {
    OP_TX,
    OP_DEPOSIT,
    OP_FORCE,
    OP_PROVE,
    OP_CLAIM,
    OP_FALSE_CLAIM,
    OP_EXIT,
    OP_FALSE_EXIT
} op_kind;

typedef struct op {
    op_kind kind;
    size_t who, to;                // TX, DEPOSIT, FORCE: whose transaction; EXIT
    size_t payer;                  // FORCE
    pp_u128 wei;                   // DEPOSIT; TX, FORCE: what leaves the rollup
    uint64_t batch, index, sender; // CLAIM
} op;

typedef struct oracle {
    net n;
    pp_rng rng;
    pp_u128 genesis[PEOPLE];
    uint64_t checked, batches_len;
    batch batches[BATCHES];
    uint64_t running; // transactions of the running batch
    size_t leaving_len;
    leaf leaving[2 * BATCH_TXS];
    size_t deposits_len, forced_len;
    leaf deposits[QUEUE], forced[QUEUE];        // who pays; who sends and what leaves
    uint64_t deposited_at[QUEUE];               // height
    bool frozen, exited[PEOPLE], known[PEOPLE]; // known: has an account on the chain
    pp_u128 free[PEOPLE];
    bool waits;
    uint64_t since_time, since_height, time, height;
    uint64_t nonces[USERS];
    op ops[ITEMS];
    uint64_t codes[PP_CHAIN_CODES_LEN];
} oracle;

static oracle o;

static uint64_t below(uint64_t bound) {
    return pp_rng_below(&o.rng, bound);
}

static pp_u128 *proven(void) {
    return o.checked == 0 ? o.genesis : o.batches[o.checked - 1].balance;
}

// ---- what may be asked --------------------------------------------------------------------------

static void make_tx(op *x, raw_tx *tx) {
    bool leaves = below(2);
    // Now and then too little to make an account with, or more than anyone has.
    static const uint64_t units[] = {1, 1000000000000000, 1000000000000000000};
    pp_u128 wei = (pp_u128)units[below(3)] * (1 + below(40));
    x->who = (size_t)below(USERS);
    x->wei = leaves ? wei : 0;
    uint64_t nonce = o.nonces[x->who]++, to = 21 + below(USERS);
    if (leaves)
        net_raw_exit(tx, LIVE, 21 + x->who, nonce, wei);
    else
        net_raw(tx, LIVE, 21 + x->who, nonce, to, wei);
}

static void add_tx(op *x) {
    raw_tx tx;
    make_tx(x, &tx);
    x->kind = OP_TX;
    net_tx(&o.n, LIVE, &tx);
}

// From the outside: money, or a transaction.
static void add_queued(op *x) {
    raw_tx tx;
    size_t payer = RICH + (size_t)below(2);
    if (below(2)) {
        *x = (op){.kind = OP_DEPOSIT, .who = payer, .wei = 1 + below(2) * ETHER};
        if (o.known[0] && below(2)) x->who = 0; // who was paid puts it in again
        x->to = (size_t)below(PEOPLE);
        net_deposit(&o.n, account_of(x->who), LIVE, account_of(x->to), x->wei);
        return;
    }
    make_tx(x, &tx);
    x->kind = OP_FORCE;
    x->payer = payer;
    net_force(&o.n, account_of(payer), LIVE, &tx);
}

static bool add_proof(op *x) {
    if (o.batches_len == 0) return false;
    uint64_t from = o.checked > 0 ? o.checked - 1 : 0; // one that is proven already, too
    x->kind = OP_PROVE;
    x->batch = from + below(o.batches_len - from);
    pp_hash32 request = net_batch(&o.n, LIVE, x->batch).request;
    if (!pp_market_find_request(pp_chain_market(o.n.chain), &request)) return false;
    net_prove(&o.n, 13, &request, true);
    return true;
}

// A withdrawal that can be claimed, as it is or changed somewhere.
static bool add_claim(op *x, bool honest) {
    pp_chain_withdrawal w;
    uint64_t at = 0, index = 0, skip = below(4), sender = 50 + below(5);
    pp_chain_withdrawal next;
    bool found = false;
    while (pp_chain_unclaimed(&next, &at, &index, o.n.chain, LIVE, NULL)) {
        w = next;
        found = true;
        if (skip-- == 0) break;
    }
    if (!found) return false;
    if (below(4)) sender = account_of(o.batches[w.batch].leaves[w.withdrawal.index].who);
    *x = (op){.kind = honest ? OP_CLAIM : OP_FALSE_CLAIM,
              .batch = w.batch,
              .index = w.withdrawal.index,
              .sender = sender};
    net_withdraw(&o.n, sender, LIVE, &w);
    if (honest) return true;
    pp_item item;
    bool ok = pp_item_decode(&item, o.n.items[o.n.items_len - 1]);
    PP_ASSERT(ok);
    uint8_t payload[PP_WITHDRAW_PAYLOAD_MAX];
    size_t size = item.command.payload.size;
    memcpy(payload, item.command.payload.data, size);
    switch (below(4)) {
    case 0: // for another
        payload[24] ^= 1;
        break;
    case 1: // for more
        payload[44 + 15] ^= 1;
        break;
    case 2: // another index
        x->index ^= 1 + below(3);
        pp_store_le64(payload + 16, x->index);
        break;
    default: // not proven yet, perhaps
        x->batch = o.checked + below(3);
        pp_store_le64(payload + 8, x->batch);
        payload[24] ^= 1;
    }
    free((void *)(uintptr_t)o.n.items[--o.n.items_len].data);
    net_claim(&o.n, sender, PP_COMMAND_WITHDRAW, (pp_bytes){payload, size});
    return true;
}

static void add_exit(op *x, bool honest) {
    x->kind = honest ? OP_EXIT : OP_FALSE_EXIT;
    x->who = (size_t)below(below(4) ? USERS : PEOPLE);
    x->to = below(2) ? x->who : (size_t)below(PEOPLE);
    net_exit(&o.n, account_of(x->who), LIVE, account_of(x->to));
    if (honest) return;
    pp_item item;
    bool ok = pp_item_decode(&item, o.n.items[o.n.items_len - 1]);
    PP_ASSERT(ok);
    static uint8_t payload[28 + PP_EXIT_PROOF_MAX];
    size_t size = item.command.payload.size;
    memcpy(payload, item.command.payload.data, size);
    payload[28 + below(size - 28)] ^= (uint8_t)(1 + below(255));
    free((void *)(uintptr_t)o.n.items[--o.n.items_len].data);
    net_claim(&o.n, account_of(x->who), PP_COMMAND_EXIT, (pp_bytes){payload, size});
}

static bool add_something(op *x, uint64_t chance_of_proof) {
    switch (below(9)) {
    case 8:
        add_queued(x);
        return true;
    case 0:
    case 1:
    case 2:
        add_tx(x);
        return true;
    case 3:
        return below(100) < chance_of_proof && add_proof(x);
    case 4:
        return add_claim(x, true);
    case 5:
        return add_claim(x, false);
    case 6:
        if (below(4) != 0) return false;
        add_exit(x, below(4) != 0);
        return true;
    default:
        return false;
    }
}

// ---- what must come of it -----------------------------------------------------------------------

static bool is_open(void) {
    return o.frozen ||
           (o.waits && o.height - o.since_height >= BLOCKS && o.time - o.since_time >= EXIT_MS);
}

static bool too_little(size_t to, pp_u128 wei) {
    return !o.known[to] && wei < 2 * net_place(&o.n);
}

static void pay(size_t to, pp_u128 wei) {
    o.free[to] += wei - (o.known[to] ? 0 : net_place(&o.n));
    o.known[to] = true;
}

static pp_chain_code answer_claim(const op *x) {
    if (x->batch >= o.checked) return PP_CHAIN_NOT_PROVEN;
    batch *b = &o.batches[x->batch];
    size_t left = 0;
    for (size_t i = 0; i < b->leaves_len; i++) left += !b->leaves[i].paid;
    if (left == 0 || (x->index < b->leaves_len && b->leaves[x->index].paid))
        return PP_CHAIN_CLAIMED;
    if (x->kind == OP_FALSE_CLAIM) return PP_CHAIN_PATH;
    leaf *l = &b->leaves[x->index];
    if (!o.known[l->who] && x->sender != account_of(l->who)) return PP_CHAIN_NOT_YOURS;
    if (too_little(l->who, l->wei)) return PP_CHAIN_AMOUNT;
    pay(l->who, l->wei);
    l->paid = true;
    return PP_CHAIN_OK;
}

static pp_chain_code answer_exit(const op *x) {
    if (!is_open()) return PP_CHAIN_EXIT_CLOSED;
    if (x->kind == OP_FALSE_EXIT) return PP_CHAIN_PATH;
    pp_u128 wei = proven()[x->who];
    uint64_t held = o.checked == 0 ? 0 : o.batches[o.checked - 1].deposits;
    bool deposited = false; // by them, in no root, and has waited itself
    for (uint64_t i = held; !o.frozen && i < o.deposits_len; i++)
        deposited |= o.deposits[i].who == x->who && o.height - o.deposited_at[i] >= BLOCKS;
    if (wei == 0 && !deposited) return PP_CHAIN_EXITED;
    if (o.exited[x->who]) return PP_CHAIN_EXITED;
    if (wei > 0 && too_little(x->to, wei)) return PP_CHAIN_AMOUNT;
    if (wei > 0) pay(x->to, wei);
    o.exited[x->who] = true;
    // The first one: deposits that the last root does not hold are their senders' again.
    for (uint64_t i = held; !o.frozen && i < o.deposits_len; i++)
        o.free[o.deposits[i].who] += o.deposits[i].wei;
    o.frozen = true;
    o.running = o.leaving_len = 0;
    return PP_CHAIN_OK;
}

static void take_proof(const op *x) {
    CHECK(!o.frozen); // a late proof is refused
    o.batches[x->batch].accepted = true;
    while (o.checked < o.batches_len && o.batches[o.checked].accepted) {
        o.checked++;
        o.waits = false;
    }
}

static void take_event(const pp_chain_event *e, const op *x) {
    if (e->kind == PP_EVENT_TX && e->lane == LIVE) {
        leaf own = {0};
        if (x) own = (leaf){.who = x->who, .wei = x->wei};
        if (e->forced) own = o.forced[e->position];
        o.running++;
        if (e->rollup == PP_ROLLUP_OK && own.wei > 0) o.leaving[o.leaving_len++] = own;
    } else if (e->kind == PP_EVENT_QUEUED) {
        o.free[x->kind == OP_FORCE ? x->payer : x->who] -= e->amount;
    } else if (e->kind == PP_EVENT_CUT && e->lane == LIVE) {
        PP_ASSERT(o.batches_len < BATCHES);
        batch *b = &o.batches[o.batches_len++];
        b->leaves_len = o.leaving_len;
        memcpy(b->leaves, o.leaving, sizeof b->leaves);
        b->deposits = net_batch(&o.n, LIVE, e->batch).output.deposit_position;
        o.running = o.leaving_len = 0;
    }
}

static void take_item(const pp_chain_item_result *r, const op *x) {
    pp_chain_code must = r->code;
    if (x->kind <= OP_FORCE)
        must = o.frozen ? PP_CHAIN_FROZEN : r->code == PP_CHAIN_FROZEN ? PP_CHAIN_OK : r->code;
    if (x->kind == OP_DEPOSIT && r->code == PP_CHAIN_OK) {
        o.free[x->who] -= x->wei;
        o.deposited_at[o.deposits_len] = o.height;
        o.deposits[o.deposits_len++] = (leaf){.who = x->who, .wei = x->wei};
    } else if (x->kind == OP_FORCE && r->code == PP_CHAIN_OK)
        o.forced[o.forced_len++] = (leaf){.who = x->who, .wei = x->wei};
    else if (x->kind == OP_PROVE && r->code == PP_CHAIN_OK)
        take_proof(x);
    else if (x->kind == OP_CLAIM || x->kind == OP_FALSE_CLAIM)
        must = answer_claim(x);
    else if (x->kind == OP_EXIT || x->kind == OP_FALSE_EXIT)
        must = answer_exit(x);
    o.codes[must]++;
    CHECK_STR(pp_chain_reason(r->code), pp_chain_reason(must));
}

// ---- after a block ------------------------------------------------------------------------------

static void read_balances(pp_u128 out[PEOPLE], const pp_digest *root) {
    pp_err err;
    pp_state state;
    bool ok = pp_store_view(&err, o.n.store, &state, root);
    PP_ASSERT(ok);
    for (size_t i = 0; i < PEOPLE; i++) {
        pp_account a;
        pp_address address = test_address(account_of(i));
        ok = pp_state_get(&state, &a, &address) == PP_STATE_OK &&
             pp_u256_to_u128(&out[i], &a.balance);
        PP_ASSERT(ok);
    }
    pp_state_close(&state);
}

static void end_clock(void) {
    if (o.frozen) return;
    pp_chain_lane l = net_lane_now(&o.n, LIVE);
    bool something = o.checked < o.batches_len || o.running > 0 ||
                     o.deposits_len > l.checked_deposit_position ||
                     o.forced_len > l.checked_forced_position;
    if (something && !o.waits) {
        o.since_height = o.height;
        o.since_time = o.time;
    }
    o.waits = something;
}

static void compare(void) {
    pp_chain_lane l = net_lane_now(&o.n, LIVE);
    pp_u128 claimable = 0, left = 0;
    for (uint64_t b = 0; b < o.checked; b++)
        for (size_t i = 0; i < o.batches[b].leaves_len; i++)
            if (!o.batches[b].leaves[i].paid) claimable += o.batches[b].leaves[i].wei;
    CHECK(l.checked == o.checked && l.batches == o.batches_len && l.frozen == o.frozen);
    CHECK(l.exit_open == is_open());
    CHECK(l.claimable == claimable);
    for (size_t i = 0; i < PEOPLE; i++) {
        pp_address address = test_address(account_of(i));
        const pp_market_account *a = pp_market_find_account(pp_chain_market(o.n.chain), &address);
        CHECK((a != NULL) == o.known[i]);
        CHECK((a ? a->free : 0) == o.free[i]);
        if (!o.exited[i]) left += proven()[i];
        pp_account in;
        pp_err err;
        bool ok = pp_chain_rollup_account(&err, &in, o.n.chain, LIVE, &address, false);
        PP_ASSERT(ok);
        if (i < USERS) o.nonces[i] = in.nonce;
        if (o.frozen)
            CHECK((o.exited[i] ? 0 : proven()[i]) ==
                  in.balance.v[0] + ((pp_u128)in.balance.v[1] << 64));
    }
    if (o.frozen) CHECK(l.locked == left && l.withdrawn == claimable && l.pending_fees == 0);
}

// Market time: three intervals a block at most, and never back.
static void pass(void) {
    int64_t step = (int64_t)o.n.step;
    o.time += step < 0 ? 0 : step < 3000 ? (uint64_t)step : 3000;
    o.height++;
}

// Whatever becomes of a command, its sender pays for its bytes; claims and exits are free.
static void pay_fees(size_t ops) {
    for (size_t i = 0; i < ops; i++) {
        const op *x = &o.ops[i];
        if (x->kind == OP_DEPOSIT || x->kind == OP_FORCE)
            o.free[x->kind == OP_FORCE ? x->payer : x->who] -=
                (pp_u128)COMMAND_FEE * o.n.items[i].size;
    }
}

static void make_block(size_t ops) {
    static const uint64_t steps[] = {0, 1000, 5000, 5000, 9000, 30000};
    o.n.step = steps[below(PP_COUNT(steps))];
    if (below(40) == 0) o.n.step = 0 - below(100000); // a clock put back
    pass();
    uint64_t known = o.batches_len;
    if (below(16) == 0) net_reload(&o.n);
    pay_fees(ops);
    pp_chain_result r = net_make(&o.n);
    REQUIRE(r.items_len == ops);
    for (uint32_t i = 0; i < ops; i++) {
        take_item(&r.items[i], &o.ops[i]);
        for (size_t e = 0; e < r.events_len; e++)
            if (r.events[e].item == i) take_event(&r.events[e], &o.ops[i]);
    }
    for (size_t e = 0; e < r.events_len; e++)
        if (r.events[e].item == PP_CHAIN_NO_ITEM) take_event(&r.events[e], NULL);
    for (uint64_t b = known; b < o.batches_len; b++) {
        pp_digest root = net_batch(&o.n, LIVE, b).output.new_root;
        read_balances(o.batches[b].balance, &root);
    }
    end_clock();
    compare();
}

static void random_block(uint64_t chance_of_proof) {
    size_t ops = 0;
    for (uint64_t tries = below(ITEMS); tries > 0; tries--) {
        op x = {0};
        if (add_something(&x, chance_of_proof)) o.ops[ops++] = x;
    }
    make_block(ops);
}

// ---- a run --------------------------------------------------------------------------------------

static void open_net(net *n, uint64_t seed) {
    pp_rng rng = {seed};
    net_init(n);
    n->unchecked = true;
    n->genesis.exit = (pp_genesis_exit){EXIT_MS, BLOCKS};
    n->genesis.accounts_max = 1024; // nobody is in anybody's way
    n->genesis.command_fee = COMMAND_FEE;
    n->rollups[LIVE].batch_transactions = (uint32_t)(1 + pp_rng_below(&rng, BATCH_TXS));
    // The largest batch of all these is within what the market takes for its work window.
    n->rollups[LIVE].work_transaction = 100000;
    n->rollups[LIVE].queue_deposits = 2;
    n->rollups[LIVE].queue_forced = (uint32_t)pp_rng_below(&rng, BATCH_TXS);
    n->rollups[LIVE].batch_blocks = (uint32_t)(1 + pp_rng_below(&rng, 3));
    net_open(n);
}

// Everybody takes what is theirs; nothing is left.
static void empty(void) {
    for (int i = 0; i < 4 * BLOCKS && !is_open(); i++) {
        o.ops[0] = (op){0};
        add_tx(&o.ops[0]);
        make_block(1);
    }
    for (size_t who = 0; who < PEOPLE; who++) {
        size_t to = who; // who has too little to make an account with is paid to another's
        for (size_t i = 0; i < PEOPLE && too_little(to, proven()[who]); i++) to = i;
        o.ops[0] = (op){.kind = OP_EXIT, .who = who, .to = to};
        net_exit(&o.n, account_of(who), LIVE, account_of(to));
        make_block(1);
    }
    while (add_claim(&o.ops[0], true)) {
        size_t to = o.batches[o.ops[0].batch].leaves[o.ops[0].index].who;
        if (!o.known[to]) { // dust: somebody gives it an account first
            pp_u128 bond = 2 * net_place(&o.n);
            free((void *)(uintptr_t)o.n.items[--o.n.items_len].data);
            net_transfer(&o.n, 1, account_of(to), bond);
            o.ops[0] = (op){.kind = OP_PROVE, .batch = BATCHES};
            pay(to, bond);
            net_make(&o.n);
            pass();
        } else {
            make_block(1);
        }
    }
    pp_chain_lane l = net_lane_now(&o.n, LIVE);
    if (!o.frozen) return; // nothing was ever ordered in time
    CHECK(l.locked == 0 && l.withdrawn == 0);
    const char *wrong = net_check(&o.n);
    CHECK_STR(wrong ? wrong : "", "");
}

static void replay(uint64_t seed) {
    static net again;
    open_net(&again, seed);
    for (uint64_t h = 1; h <= o.height; h++) {
        pp_err err;
        pp_chain_result r;
        pp_hash32 hash;
        bool ok = pp_chain_finalize(&err, &r, again.chain,
                                    (pp_bytes){o.n.blocks[h].bytes, o.n.blocks[h].size});
        REQUIRE(ok && r.code == PP_CHAIN_OK);
        pp_chain_commit(&hash, again.chain);
        CHECK_MEM(hash.b, o.n.blocks[h].app_hash.b, 32);
    }
    net_close(&again);
}

static void run(uint64_t seed) {
    memset(&o, 0, sizeof o);
    o.rng.state = seed;
    open_net(&o.n, seed);
    pp_chain_lane l = net_lane_now(&o.n, LIVE);
    read_balances(o.genesis, &l.checked_root);
    for (size_t i = RICH; i < PEOPLE; i++) {
        o.known[i] = true;
        o.free[i] = 1000 * ETHER;
    }
    uint64_t chance = below(3) * 50;
    for (uint64_t left = 20 + below(40); left > 0; left--) random_block(chance);
    if (below(2)) chance = 0; // the provers stop
    for (uint64_t left = 20 + below(20); left > 0; left--) random_block(chance);
    const char *wrong = net_check(&o.n);
    CHECK_STR(wrong ? wrong : "", "");
    empty();
    replay(seed);
    net_close(&o.n);
}

PP_TEST(claims_and_exits_against_an_oracle) {
    const char *text = getenv("PP_EXIT_RUNS");
    uint64_t runs = text ? strtoull(text, NULL, 10) : 0, codes[PP_CHAIN_CODES_LEN] = {0},
             frozen = 0;
    if (runs == 0) runs = RUNS;
    for (uint64_t i = 0; i < runs; i++) {
        run(pp_test_seed() + 1000 * i);
        frozen += o.frozen;
        for (size_t k = 0; k < PP_COUNT(codes); k++) codes[k] += o.codes[k];
    }
    static const pp_chain_code must[] = {
        PP_CHAIN_OK,      PP_CHAIN_NOT_PROVEN, PP_CHAIN_PATH,
        PP_CHAIN_CLAIMED, PP_CHAIN_FROZEN,     PP_CHAIN_EXIT_CLOSED,
        PP_CHAIN_EXITED,  PP_CHAIN_AMOUNT,     PP_CHAIN_NOT_YOURS};
    printf("claims and exits: %llu runs, %llu frozen;", (unsigned long long)runs,
           (unsigned long long)frozen);
    for (size_t i = 0; i < PP_COUNT(must); i++) {
        printf(" %s %llu", pp_chain_reason(must[i]), (unsigned long long)codes[must[i]]);
        if (codes[must[i]] == 0 && runs >= RUNS)
            pp_test_fail(__FILE__, __LINE__, "%s never came up", pp_chain_reason(must[i]));
    }
    printf("\n");
}
