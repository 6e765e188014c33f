// SPDX-License-Identifier: MIT OR Apache-2.0
// Random blocks: every invariant and the ledger's sum after each; now and then the chain goes on as
// what its image gives; and the same log executed again gives the same state, hash by hash.
// PP_CHAIN_BLOCKS sets how many (soak).
#include <stdlib.h>

#include "chain/entry.h"
#include "chain/test_support.h"

enum { REQUESTS = 64 };

// An item as it waited.
typedef struct sent {
    size_t size;
    bool command; // and no claim
    bool proof;
} sent;

typedef struct world {
    sent sent[NET_ITEMS];
    net n;
    pp_rng rng;
    uint64_t rollup_nonce[2][NET_USERS];
    uint64_t post_nonce;
    pp_hash32 requests[REQUESTS]; // some open ones, own and the protocol's
    size_t requests_len;
    uint64_t codes[PP_CHAIN_CODES_LEN], reasons[PP_MARKET_REASONS_LEN], txs[PP_ROLLUP_REASONS_LEN],
        market[PP_MARKET_EVENTS_LEN];
} world;

static world w;

static uint64_t below(uint64_t bound) {
    return pp_rng_below(&w.rng, bound);
}

// Whoever may have an account: now and then somebody who has not.
static uint64_t anybody(void) {
    uint64_t who = below(20);
    return who < 6 ? 1 + who : who < 18 ? 11 + who % 3 : 30 + who;
}

// ---- lanes ------------------------------------------------------------------------------------

static void random_raw(raw_tx *out, uint64_t lane) {
    uint64_t from = below(NET_USERS), *nonce = &w.rollup_nonce[lane][from];
    uint64_t to = below(8) == 0 ? 30 + below(8) : 21 + below(NET_USERS);
    switch (below(16)) {
    case 0: // a gap, or a replay
        net_raw(out, lane, 21 + from, *nonce + below(3), to, 1000000);
        return;
    case 1: // for the other rollup
        net_raw(out, 1 - lane, 21 + from, *nonce, to, 1);
        return;
    case 2: // more than there is
        net_raw(out, lane, 21 + from, *nonce, to, 100 * ETHER);
        return;
    case 3: { // garbage
        out->size = 1 + (size_t)below(200);
        pp_rng_fill(&w.rng, out->data, out->size);
        return;
    }
    case 4: { // out of the rollup
        tx_spec spec = {.type = 2,
                        .chain_id = lane == LIVE ? 77 : 1,
                        .nonce = (*nonce)++,
                        .gas_limit = 21000,
                        .fee_cap = pp_u256_from_u64(1500000000),
                        .to = pp_rollup_exit_address,
                        .value = pp_u256_from_u64(below(1000) * 1000000000000)};
        sign_tx(out, &spec, 21 + from);
        return;
    }
    default:
        net_raw(out, lane, 21 + from, (*nonce)++, to, below(1000000000));
    }
}

static void add_transactions(void) {
    static raw_tx txs[8];
    size_t len = 1 + (size_t)below(8);
    uint64_t lane = below(2);
    for (size_t i = 0; i < len; i++) random_raw(&txs[i], lane);
    if (lane == LIVE && below(2)) {
        for (size_t i = 0; i < len; i++) net_tx(&w.n, LIVE, &txs[i]);
    } else {
        uint64_t who = anybody();
        net_lane(&w.n, below(10) && lane == REPLAY ? 1 : who, lane, txs, len);
    }
}

// Into a rollup past its lane; now and then at a fee that is too low, to nobody, of nothing.
static void add_queued(void) {
    uint64_t lane = below(2);
    if (below(2)) {
        raw_tx tx;
        random_raw(&tx, lane);
        if (tx.size <= PP_ROLLUP_FORCED_SIZE_MAX || below(4) == 0)
            net_force(&w.n, anybody(), lane, &tx);
        return;
    }
    uint8_t payload[PP_DEPOSIT_PAYLOAD_SIZE];
    pp_address to = below(10) ? test_address(21 + below(20)) : pp_rollup_exit_address;
    pp_u128 wei = below(10) == 0 ? 0 : (pp_u128)below(1000) << below(60);
    pp_deposit_payload_encode(payload, below(20) ? lane : 7, &to, wei, below(8) ? ETHER : 1000);
    net_command(&w.n, anybody(), PP_COMMAND_DEPOSIT, (pp_bytes){payload, sizeof payload});
}

// A rollup like the open one, mostly with something wrong.
static void add_rollup(void) {
    pp_genesis_rollup r = w.n.rollups[LIVE];
    r.chain_id = 78 + below(4);
    snprintf(r.name, sizeof r.name, "made-%u", (unsigned)below(4));
    r.fund = below(4) ? ETHER : below(1000);
    r.batch_backlog = (uint32_t)(1 + below(40));
    if (below(4) == 0) r.program_id.b[1] = 1;
    if (below(4) == 0) r.gas_limit = 21000 + below(1000000);
    if (below(4) == 0) r.terms.work_window = below(20000);
    size_t size;
    uint8_t *payload = pp_entry_encode(&size, &r);
    net_command(&w.n, anybody(), PP_COMMAND_CREATE, (pp_bytes){payload, size});
    free(payload);
}

// ---- the market -------------------------------------------------------------------------------

static void add_post(void) {
    pp_market_command c = {.kind = PP_MARKET_POST, .nonce = w.post_nonce++};
    c.terms = w.n.rollups[LIVE].terms;
    c.terms.program_id.b[0] = (uint8_t)below(256);
    c.terms.work = below(1000);
    c.terms.reserve = 1 + below(1000000000);
    c.terms.cap = c.terms.reserve + below(1000);
    c.terms.winners = (uint8_t)(1 + below(3));
    if (below(8) == 0) c.terms.winners = (uint8_t)below(9);
    net_market(&w.n, anybody(), &c);
}

static void add_about_request(void) {
    if (w.requests_len == 0) return;
    const pp_hash32 *id = &w.requests[below(w.requests_len)];
    const pp_market_request *r = net_request(&w.n, id);
    uint64_t who = below(6) ? 11 + below(3) : anybody();
    pp_u128 bid = 1 + (who * 7919 + id->b[0] * 104729u) % 900000;
    pp_market_command c = {.request = *id, .amount = below(2000000000)};
    switch (r->state) {
    case PP_MARKET_COMMIT:
        if (below(30) == 0) {
            net_prove(&w.n, who, id, true);
        } else if (below(20) == 0) {
            c.kind = below(2) ? PP_MARKET_CANCEL : PP_MARKET_RAISE;
            net_market(&w.n, anybody(), &c);
        } else {
            net_bid(&w.n, who, id, bid);
        }
        return;
    case PP_MARKET_REVEAL:
        net_reveal(&w.n, who, id, below(10) ? bid : bid + 1);
        return;
    case PP_MARKET_ASSIGNED:
        c.kind = below(2) ? PP_MARKET_DECLINE : PP_MARKET_RELEASE;
        if (below(8) == 0)
            net_market(&w.n, who, &c);
        else if (below(2))
            net_prove(&w.n, who, id, below(6) != 0);
        return;
    default:
        c.kind = PP_MARKET_CLAIM;
        if (below(3) == 0)
            net_market(&w.n, who, &c);
        else
            net_prove(&w.n, who, id, below(6) != 0);
    }
}

static void add_stake(void) {
    pp_market_command c = {.amount = below(3) * ETHER};
    static const pp_market_kind kinds[] = {PP_MARKET_REGISTER, PP_MARKET_UNBOND,
                                           PP_MARKET_UNBONDED};
    c.kind = kinds[below(3)];
    c.slots = (uint32_t)(1 + below(12));
    net_market(&w.n, anybody(), &c);
}

static void add_garbage(void) {
    uint8_t bytes[200];
    pp_rng_fill(&w.rng, bytes, sizeof bytes);
    if (below(2)) bytes[0] = (uint8_t)(1 + below(2));
    net_add(&w.n, bytes, (size_t)below(sizeof bytes));
    if (w.n.items_len < 2) return;
    // And a copy of another item, as it is or with a flipped bit.
    pp_bytes item = w.n.items[below(w.n.items_len - 1)];
    if (item.size == 0) return;
    net_add(&w.n, item.data, item.size);
    uint8_t *copy = (uint8_t *)(uintptr_t)w.n.items[w.n.items_len - 1].data;
    uint64_t bit = below(8 * item.size);
    if (below(2)) copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

// Whose address it is, among those that withdraw; anybody else's: 0.
static uint64_t whose(const pp_address *address) {
    for (uint64_t who = 21; who < 21 + NET_USERS; who++) {
        pp_address a = test_address(who);
        if (pp_address_eq(&a, address)) return who;
    }
    return 0;
}

// What can be claimed, often twice, mostly by whose it is, who alone may where that makes an
// account; the last one of a batch takes the batch's record with it.
static void add_claim(void) {
    pp_chain_withdrawal found;
    uint64_t lane = below(2), batch = 0, index = 0, who = anybody(), skip = below(3);
    bool twice = below(2), own = below(4) != 0;
    while (pp_chain_unclaimed(&found, &batch, &index, w.n.chain, lane, NULL))
        if (skip-- == 0) {
            if (own && whose(&found.withdrawal.receiver)) who = whose(&found.withdrawal.receiver);
            net_withdraw(&w.n, who, lane, &found);
            if (twice) net_withdraw(&w.n, who, lane, &found);
            return;
        }
}

// Each draw is a statement of its own: the order of arguments is the compiler's.
static void add_something(void) {
    uint64_t who = anybody(), to = 1 + below(48), lane = below(3), small = below(1000),
             ether = below(5) ? below(5) : 5000;
    switch (below(14)) {
    case 0:
        net_transfer(&w.n, who, to, below(2) ? small : ether * ETHER);
        break;
    case 1:
        net_fund(&w.n, who, lane, small * ETHER / 100000);
        break;
    case 2:
    case 3:
    case 4:
        add_transactions();
        break;
    case 5:
        if (below(4) == 0) add_post();
        break;
    case 6:
        if (below(4) == 0) add_stake();
        break;
    case 7:
        if (below(4) == 0) add_garbage();
        if (below(8) == 0) add_rollup();
        break;
    case 8:
        add_claim();
        break;
    case 9:
        add_queued();
        break;
    default:
        add_about_request();
    }
}

// ---- blocks -----------------------------------------------------------------------------------

static void note_requests(void) {
    const pp_market *m = pp_chain_market(w.n.chain);
    w.requests_len = 0;
    for (const pp_market_request *r = NULL;
         w.requests_len < REQUESTS && (r = pp_market_open_after(m, r)) != NULL;)
        w.requests[w.requests_len++] = r->id;
}

// The rollup's nonces as they are: a transaction may have been refused.
static void note_nonces(void) {
    for (uint64_t lane = 0; lane < 2; lane++)
        for (uint64_t i = 0; i < NET_USERS; i++) {
            pp_account a;
            pp_err err;
            pp_address address = test_address(21 + i);
            if (pp_chain_rollup_account(&err, &a, w.n.chain, lane, &address, false))
                w.rollup_nonce[lane][i] = a.nonce;
        }
}

// Another look at what commands cost: each that used a nonce up has paid for its bytes, but for
// proofs that were taken, and a primary's, and nobody else has paid anything.
static void note_items(void) {
    for (size_t i = 0; i < w.n.items_len; i++) {
        pp_item item;
        sent *s = &w.sent[i];
        *s = (sent){.size = w.n.items[i].size};
        if (!pp_item_decode(&item, w.n.items[i]) || item.type != PP_ITEM_COMMAND) continue;
        pp_market_command c;
        s->command = !pp_command_is_claim(item.command.kind);
        s->proof = item.command.kind == PP_COMMAND_MARKET &&
                   pp_market_command_decode(&c, item.command.payload) && c.kind == PP_MARKET_PROVE;
    }
}

static void check_fees(const pp_chain_result *r) {
    for (size_t i = 0; i < r->items_len; i++) {
        const pp_chain_item_result *item = &r->items[i];
        const sent *s = &w.sent[i];
        bool before = item->code == PP_CHAIN_NETWORK || item->code == PP_CHAIN_SIGNATURE ||
                      item->code == PP_CHAIN_NONCE_LOW || item->code == PP_CHAIN_NONCE_GAP ||
                      item->code == PP_CHAIN_COMMAND_FEE || item->code == PP_CHAIN_SIZE;
        pp_u128 fee = s->command && !before ? w.n.genesis.command_fee * (pp_u128)s->size : 0;
        bool none = item->fee == 0 && (item->code == PP_CHAIN_ACCOUNT || s->proof);
        CHECK(none || item->fee == (s->proof && item->code == PP_CHAIN_OK ? 0 : fee));
    }
}

static void random_block(void) {
    static const uint64_t steps[] = {0, 1, 500, 1000, 2500, 100000};
    size_t items = (size_t)below(12);
    for (size_t i = 0; i < items; i++) add_something();
    w.n.step = below(4) ? 1000 : steps[below(PP_COUNT(steps))];
    if (below(20) == 0) w.n.step = 0 - below(5000); // a clock put back
    note_items();
    pp_chain_result r = net_make(&w.n);
    check_fees(&r);
    for (size_t i = 0; i < r.items_len; i++) {
        w.codes[r.items[i].code]++;
        if (r.items[i].code == PP_CHAIN_MARKET) w.reasons[r.items[i].market]++;
    }
    for (size_t i = 0; i < r.events_len; i++) {
        const pp_chain_event *e = &r.events[i];
        if (e->kind == PP_EVENT_TX) w.txs[e->rollup]++;
        if (e->kind == PP_EVENT_MARKET) w.market[e->market.kind]++;
    }
    note_requests();
    note_nonces();
}

// A chain built anew from the log is the same after every block. On the old store too, where all
// nodes are already.
static void replay(pp_store *store) {
    static net again;
    net_init(&again);
    again.genesis = w.n.genesis;
    memcpy(again.rollups, w.n.rollups, sizeof again.rollups);
    for (uint64_t lane = 0; lane < 2; lane++)
        again.rollups[lane].allocations = again.allocations[lane];
    again.genesis.accounts = again.accounts;
    again.genesis.provers = again.provers;
    again.genesis.rollups = again.rollups;
    again.store = store;
    net_open(&again);
    pp_chain_info info;
    pp_chain_info_get(&info, w.n.chain);
    for (uint64_t h = 1; h <= info.height; h++) {
        pp_err err;
        pp_chain_result r;
        pp_hash32 hash;
        bool ok = pp_chain_finalize(&err, &r, again.chain,
                                    (pp_bytes){w.n.blocks[h].bytes, w.n.blocks[h].size});
        REQUIRE(ok && r.code == PP_CHAIN_OK);
        pp_chain_commit(&hash, again.chain);
        CHECK_MEM(hash.b, w.n.blocks[h].app_hash.b, 32);
    }
    size_t sizes[2];
    uint8_t *bytes[2] = {pp_chain_snapshot(&sizes[0], w.n.chain),
                         pp_chain_snapshot(&sizes[1], again.chain)};
    CHECK_EQ(sizes[0], sizes[1]);
    if (sizes[0] == sizes[1]) CHECK_MEM(bytes[0], bytes[1], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
    if (store) again.store = NULL; // the other one's
    net_close(&again);
}

static void run(uint64_t seed, uint64_t blocks, pp_u128 fund, uint64_t command_fee) {
    memset(&w, 0, sizeof w);
    w.rng.state = seed;
    net_init(&w.n);
    w.n.genesis.requests_max = 2048;
    w.n.genesis.command_fee = command_fee;
    for (uint64_t lane = 0; lane < 2; lane++) {
        w.n.rollups[lane].fund = fund;
        w.n.rollups[lane].batch_transactions = (uint32_t)(2 + below(6));
        w.n.rollups[lane].batch_backlog = 16;
        if (lane == LIVE) { // fees move, within what the transactions pay mostly
            w.n.rollups[lane].fee_target = 60000;
            w.n.rollups[lane].fee_change = (uint32_t)(2 + below(14));
            w.n.rollups[lane].fee_floor = (uint32_t)below(300);
            w.n.rollups[lane].fee_backlog = (uint32_t)below(400);
        }
        w.n.rollups[lane].batch_blocks = (uint32_t)(1 + below(4));
        w.n.rollups[lane].terms.winners = (uint8_t)(1 + below(3));
    }
    net_open(&w.n);
    for (uint64_t i = 0; i < blocks; i++) {
        random_block();
        if (below(12) == 0) net_reload(&w.n);
    }
    replay(NULL);
    replay(w.n.store);
}

static uint64_t blocks_asked_for(void) {
    const char *text = getenv("PP_CHAIN_BLOCKS");
    uint64_t asked = text ? strtoull(text, NULL, 10) : 0;
    return asked ? asked : 600;
}

// With money in the fund, with little, and with none; commands for little, so dear that people run
// out of money, and for nothing.
PP_TEST(random_blocks) {
    static const pp_u128 funds[] = {ETHER, 20000000000000u, 0};
    static const uint64_t fees[] = {10000000, 30000000000000000, 0, 1000000000000000};
    char hash[65];
    uint64_t seen[PP_EVENT_INCIDENT + 1] = {0}, codes[PP_CHAIN_CODES_LEN] = {0};
    for (uint64_t left = blocks_asked_for(), i = 0; left > 0; i++) {
        uint64_t blocks = left < 1000 ? left < 200 ? left : left / 3 : 1000;
        left -= blocks;
        run(pp_test_seed() + i, blocks, funds[i % 3], fees[i % 4]);
        for (size_t k = 0; k < PP_COUNT(seen); k++) seen[k] += w.n.events[k];
        for (size_t k = 0; k < PP_COUNT(codes); k++) codes[k] += w.codes[k];
        pp_chain_info info;
        pp_chain_info_get(&info, w.n.chain);
        pp_hex_encode(hash, info.app_hash.b, 32); // one build beside another
        net_close(&w.n);
    }
    // What a run that shows something has seen.
    for (int k = 0; k < PP_EVENT_HELD_BACK; k++) CHECK(seen[k] > 0);
    for (int k = PP_EVENT_MARKET; k < PP_EVENT_FROZEN; k++) CHECK(seen[k] > 0);
    static const pp_chain_code must[] = {PP_CHAIN_OK,         PP_CHAIN_FORMAT,  PP_CHAIN_SIGNATURE,
                                         PP_CHAIN_ACCOUNT,    PP_CHAIN_MARKET,  PP_CHAIN_AMOUNT,
                                         PP_CHAIN_NONCE_LOW,  PP_CHAIN_LANE,    PP_CHAIN_SUBMITTER,
                                         PP_CHAIN_BACKLOG,    PP_CHAIN_BALANCE, PP_CHAIN_CLAIMED,
                                         PP_CHAIN_COMMAND_FEE};
    for (size_t i = 0; i < PP_COUNT(must); i++)
        if (codes[must[i]] == 0)
            pp_test_fail(__FILE__, __LINE__, "%s never came up", pp_chain_reason(must[i]));
    printf("random blocks: events");
    for (size_t k = 0; k < PP_COUNT(seen); k++) printf(" %llu", (unsigned long long)seen[k]);
    printf("; items");
    for (size_t k = 0; k < PP_CHAIN_BLOCK_FORMAT; k++)
        printf(" %s %llu", pp_chain_reason((pp_chain_code)k), (unsigned long long)codes[k]);
    printf("; last app hash %s\n", hash);
}
