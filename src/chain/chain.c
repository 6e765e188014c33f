// SPDX-License-Identifier: MIT OR Apache-2.0
// The state before block 1, and the questions that are asked of the state.
#include "chain/chain.h"

#include <stdlib.h>

#include "chain/internal.h"
#include "hash/batch.h"

static const char *const reasons[] = {
#define X(name, code, text) code,
    PP_CHAIN_CODES(X)
#undef X
};
static const char *const texts[] = {
#define X(name, code, text) text,
    PP_CHAIN_CODES(X)
#undef X
};

const char *pp_chain_reason(pp_chain_code code) {
    return code < PP_CHAIN_CODES_LEN ? reasons[code] : "C-UNKNOWN";
}

const char *pp_chain_reason_text(const char *code) {
    for (size_t i = 0; i < PP_CHAIN_CODES_LEN; i++)
        if (strcmp(reasons[i], code) == 0) return texts[i];
    for (pp_market_reason i = 0; i < PP_MARKET_REASONS_LEN; i++)
        if (strcmp(pp_market_reason_code(i), code) == 0) return pp_market_reason_text(i);
    return NULL;
}

const char *pp_chain_item_reason(const pp_chain_item_result *result) {
    return result->code == PP_CHAIN_MARKET ? pp_market_reason_code(result->market)
                                           : pp_chain_reason(result->code);
}

// ---- genesis ----------------------------------------------------------------------------------

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    const pp_chain *chain = ctx;
    return chain->env.check(chain->env.ctx, claim, proof);
}

static void on_event(void *ctx, const pp_market_event *event) {
    pp_chain *chain = ctx;
    pp_chain_event *e = pp_chain_emit(chain, PP_EVENT_MARKET);
    e->market = *event;
    e->request = event->request;
    e->account = event->account;
    e->amount = event->amount;
    const pp_lane *lane = pp_lane_of_request(&e->batch, chain, &event->request);
    e->protocol = lane != NULL;
    if (lane) e->lane = lane->id;
}

static void make_market(pp_chain *chain) {
    const pp_genesis *g = &chain->genesis;
    chain->market_memory =
        pp_chain_zeroed(1, pp_market_memory_size(g->accounts_max, g->requests_max));
    // Provers of genesis are old enough from the start: so old must market time be then.
    uint64_t now = g->time > g->market.registration_age ? g->time : g->market.registration_age;
    pp_market_init(&chain->market, chain->market_memory, g->accounts_max, g->requests_max,
                   &g->market, &chain->genesis_hash, &g->vm_id, now);
    chain->market.hasher = pp_keccak256_many;
}

static pp_market_reason fill_market(pp_chain *chain) {
    const pp_genesis *g = &chain->genesis;
    pp_market_reason reason = PP_MARKET_OK;
    for (size_t i = 0; reason == PP_MARKET_OK && i < g->rollups_len; i++)
        reason = pp_market_deposit(&chain->market, &chain->lanes[i].fund, g->rollups[i].fund);
    for (size_t i = 0; reason == PP_MARKET_OK && i < g->accounts_len; i++)
        reason = pp_market_deposit(&chain->market, &g->accounts[i].address, g->accounts[i].balance);
    for (size_t i = 0; reason == PP_MARKET_OK && i < g->provers_len; i++)
        reason = pp_market_enroll(&chain->market, &g->provers[i].address, g->provers[i].stake,
                                  g->provers[i].slots);
    return reason;
}

// A lane whose full batch no market takes would stand still at its first one.
static bool check_requests(pp_err *err, const pp_chain *chain, const char *name) {
    const pp_genesis *g = &chain->genesis;
    for (size_t i = 0; i < g->rollups_len; i++) {
        pp_market_reason reason = pp_registry_check_request(&g->market, &g->rollups[i]);
        if (reason != PP_MARKET_OK)
            return pp_err_set(err, PP_EXIT_USAGE,
                              "%s: rollups[%zu].request: the market takes no full batch with it: "
                              "%s (%s)",
                              name, i, pp_market_reason_text(reason),
                              pp_market_reason_code(reason));
    }
    return true;
}

bool pp_chain_keep_places(pp_err *err, pp_chain *chain, const char *name) {
    uint64_t places = 0;
    for (size_t i = 0; i < chain->genesis.rollups_len; i++)
        places += chain->genesis.rollups[i].batch_backlog;
    if (places > chain->genesis.requests_max)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: limits.requests: fewer than the lanes' backlogs together (%llu)",
                          name, (unsigned long long)places);
    chain->market.kept = (uint32_t)places;
    if (chain->genesis.registry.rollups > 0)
        chain->market.debts_share = chain->market.debts_max / chain->genesis.registry.rollups;
    return true;
}

static bool begin(pp_err *err, pp_chain *chain, const char *name) {
    if (!pp_chain_keep_places(err, chain, name)) return false;
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) pp_lane_init(chain, i);
    if (fill_market(chain) != PP_MARKET_OK)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: limits.accounts: fewer than the accounts, provers and rollups of "
                          "this file",
                          name);
    chain->places_named = chain->market.accounts_len;
    if (!check_requests(err, chain, name)) return false;
    for (size_t i = 0; i < chain->genesis.rollups_len; i++)
        if (!pp_lane_allocate(err, chain, &chain->lanes[i])) return false;
    chain->time = chain->genesis.time;
    chain->parent = chain->genesis_hash;
    chain->beacon = chain->genesis.beacon_end;
    pp_chain_ledger ledger;
    bool all_the_money_is_there = pp_chain_ledger_get(&ledger, chain);
    PP_ASSERT(all_the_money_is_there);
    pp_chain_app_hash(&chain->app_hash, chain);
    pp_chain_attend(chain);
    return true;
}

void pp_chain_attend(pp_chain *chain) {
    chain->market.verify = verify;
    chain->market.on_event = on_event;
    chain->market.verify_ctx = chain->market.event_ctx = chain;
}

pp_chain *pp_chain_shell(pp_err *err, const char *name, pp_bytes genesis, const pp_chain_env *env) {
    pp_chain *chain = pp_chain_zeroed(1, sizeof *chain);
    chain->env = *env;
    pp_genesis_hash(&chain->genesis_hash, genesis);
    if (!pp_genesis_parse(err, &chain->genesis, name, genesis)) {
        pp_chain_free(chain);
        return NULL;
    }
    // Room for all that can ever be: nothing moves.
    pp_genesis *g = &chain->genesis;
    chain->from_genesis = g->rollups_len;
    g->rollups = pp_chain_resize(g->rollups, g->registry.rollups, sizeof *g->rollups);
    chain->lanes = pp_chain_zeroed(g->registry.rollups, sizeof *chain->lanes);
    chain->supply = g->supply;
    make_market(chain);
    pp_accounts_init(chain);
    return chain;
}

bool pp_chain_new(pp_err *err, pp_chain **out, const char *name, pp_bytes genesis,
                  const pp_chain_env *env) {
    *out = NULL;
    pp_chain *chain = pp_chain_shell(err, name, genesis, env);
    if (!chain || !begin(err, chain, name)) {
        pp_chain_free(chain);
        return false;
    }
    *out = chain;
    return true;
}

void pp_chain_free(pp_chain *chain) {
    if (!chain) return;
    for (size_t i = 0; chain->lanes && i < chain->genesis.rollups_len; i++)
        pp_lane_free(&chain->lanes[i]);
    free(chain->lanes);
    free(chain->market_memory);
    pp_accounts_free(chain);
    free(chain->events);
    free(chain->items);
    pp_genesis_free(&chain->genesis);
    free(chain);
}

// ---- queries ----------------------------------------------------------------------------------

void pp_chain_info_get(pp_chain_info *out, const pp_chain *chain) {
    memset(out, 0, sizeof *out);
    out->genesis = chain->genesis_hash;
    out->height = chain->height;
    out->time = chain->time;
    out->market_time = chain->market.now;
    out->parent = chain->parent;
    out->app_hash = chain->app_hash;
    out->beacon = chain->beacon;
    out->check = chain->genesis.check;
    out->accounts = chain->market.accounts_len - chain->vacant_len;
    out->accounts_max = chain->market.accounts_max;
    out->account_price = pp_accounts_price(chain);
    out->vm_id = chain->genesis.vm_id;
    out->lanes = chain->genesis.rollups_len;
    out->lanes_of_genesis = chain->from_genesis;
    for (size_t i = 0; i < chain->genesis.rollups_len; i++)
        out->incident |= chain->lanes[i].now.incident != NULL;
}

const pp_genesis *pp_chain_genesis(const pp_chain *chain) {
    return &chain->genesis;
}

const pp_market *pp_chain_market(const pp_chain *chain) {
    return &chain->market;
}

void pp_chain_fund_address(pp_address *out, const pp_chain *chain, uint64_t lane) {
    PP_ASSERT(lane < chain->genesis.rollups_len);
    *out = chain->lanes[lane].fund;
}

static const pp_lane *find_lane(const pp_chain *chain, uint64_t lane) {
    return lane < chain->genesis.rollups_len ? &chain->lanes[lane] : NULL;
}

bool pp_chain_lane_get(pp_chain_lane *out, const pp_chain *chain, uint64_t id) {
    const pp_lane *lane = find_lane(chain, id);
    if (!lane) return false;
    const pp_market *m = &chain->market;
    const pp_market_account *fund = pp_market_find_account(m, &lane->fund);
    *out = lane->now;
    out->fund = fund->free;
    out->debt = pp_market_debt_of(m, fund);
    out->open_bytes = lane->open_raw.size - lane->open_forced_raw;
    out->exit_open = pp_exit_is_open(chain, lane);
    out->room = pp_lane_room(chain, lane);
    for (uint64_t b = out->checked; !out->frozen && b < out->batches; b++)
        out->accepted += pp_lane_batch(lane, b)->batch.status == PP_BATCH_ACCEPTED;
    out->base_fee = out->open ? lane->env.base_fee : pp_fee_next(lane);
    (void)pp_queue_admit_deposit(&out->deposit_fee, lane, 0);
    (void)pp_queue_admit_forced(&out->forced_fee, lane, 0);
    return true;
}

bool pp_chain_deposit_get(pp_chain_deposit *out, const pp_chain *chain, uint64_t id,
                          uint64_t number) {
    const pp_lane *lane = find_lane(chain, id);
    if (!lane || number < lane->deposits_first || number >= lane->now.deposits) return false;
    *out = *pp_queue_deposit_at(lane, number);
    return true;
}

bool pp_chain_forced_get(pp_chain_forced *out, const pp_chain *chain, uint64_t id,
                         uint64_t number) {
    const pp_lane *lane = find_lane(chain, id);
    if (!lane || number < lane->forced_first || number >= lane->now.forced) return false;
    *out = *pp_queue_forced_at(lane, number);
    return true;
}

bool pp_chain_batch_get(pp_chain_batch *out, const pp_chain *chain, uint64_t id, uint64_t batch) {
    const pp_lane *lane = find_lane(chain, id);
    const pp_batch_record *record = lane ? pp_lane_batch(lane, batch) : NULL;
    if (!record) return false;
    *out = record->batch;
    return true;
}

size_t pp_chain_roots(pp_digest *out, size_t max, const pp_chain *chain) {
    size_t len = 0;
#define ROOT(digest)                                                                               \
    if (len++ < max) out[len - 1] = (digest)
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) {
        const pp_lane *lane = &chain->lanes[i];
        ROOT(lane->now.checked_root);
        ROOT(lane->now.cut_root);
        // Each of these becomes the checked one, unless the lane is frozen: then they are void.
        for (uint64_t b = lane->now.checked; !lane->now.frozen && b < lane->now.batches; b++)
            ROOT(pp_lane_batch(lane, b)->batch.output.new_root);
    }
#undef ROOT
    return len;
}

bool pp_chain_batch_of(uint64_t *id, uint64_t *batch, const pp_chain *chain,
                       const pp_hash32 *request) {
    const pp_lane *lane = pp_lane_of_request(batch, chain, request);
    if (lane) *id = lane->id;
    return lane != NULL;
}

bool pp_chain_input(pp_bytes *out, const pp_chain *chain, const pp_hash32 *input_id) {
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) {
        const pp_lane *lane = &chain->lanes[i];
        for (size_t b = lane->batches_len; b-- > 0;) {
            const pp_batch_record *record = &lane->batches[b];
            if (!record->input || !pp_hash32_eq(&record->batch.input_id, input_id)) continue;
            *out = record->batch.input;
            return true;
        }
    }
    return false;
}

bool pp_chain_tx_get(pp_chain_tx *out, const pp_chain *chain, uint64_t id, uint64_t index) {
    const pp_lane *lane = find_lane(chain, id);
    if (!lane || index < lane->txs_first || index - lane->txs_first >= lane->txs_len) return false;
    *out = lane->txs[index - lane->txs_first];
    return true;
}

bool pp_chain_rollup_account(pp_err *err, pp_account *out, pp_chain *chain, uint64_t id,
                             const pp_address *address, bool checked) {
    const pp_lane *lane = find_lane(chain, id);
    if (!lane)
        return pp_err_set(err, PP_EXIT_USAGE, "there is no lane %llu", (unsigned long long)id);
    bool running = !checked && lane->now.open;
    if (running && pp_state_peek(&lane->state, out, address)) return true;
    pp_state state;
    const pp_digest *root = checked ? &lane->now.checked_root : &lane->now.cut_root;
    if (!pp_store_view(err, chain->env.store, &state, root)) return false;
    pp_state_status st = pp_state_get(&state, out, address);
    pp_state_close(&state);
    return st == PP_STATE_OK || pp_store_explain(err, chain->env.store, st);
}

typedef struct walk {
    pp_address *told; // by the running batch, which comes first: in order
    size_t told_len, told_max;
    void *ctx;
    void (*each)(void *ctx, const pp_address *address, const pp_account *account);
} walk;

static int by_address(const void *a, const void *b) {
    return memcmp(a, b, sizeof(pp_address));
}

static void each_above(void *ctx, const pp_address *address, const pp_account *account) {
    walk *w = ctx;
    PP_CHAIN_GROW(w->told, w->told_len, w->told_max);
    w->told[w->told_len++] = *address;
    w->each(w->ctx, address, account);
}

static void each_below(void *ctx, const pp_address *address, const pp_account *account) {
    const walk *w = ctx;
    if (w->told_len == 0 || !bsearch(address, w->told, w->told_len, sizeof *w->told, by_address))
        w->each(w->ctx, address, account);
}

bool pp_chain_each_account(pp_err *err, pp_chain *chain, uint64_t id, void *ctx,
                           void (*each)(void *ctx, const pp_address *address,
                                        const pp_account *account)) {
    const pp_lane *lane = find_lane(chain, id);
    if (!lane)
        return pp_err_set(err, PP_EXIT_USAGE, "there is no lane %llu", (unsigned long long)id);
    walk w = {.ctx = ctx, .each = each};
    if (lane->now.open) pp_state_used(&lane->state, &w, each_above);
    if (w.told_len > 0) qsort(w.told, w.told_len, sizeof *w.told, by_address);
    bool ok = pp_store_each(err, chain->env.store, &lane->now.cut_root, &w, each_below);
    free(w.told);
    return ok;
}
