// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/audit.h"

#include "base/clock.h"
#include "host/follow.h"

static void count_check(void *ctx, const pp_checks_one *one) {
    pp_audit *a = ctx;
    if (one->kind == PP_CHECKS_VERIFIED) {
        a->proofs++;
        a->proof_bytes += one->proof_size;
        a->proofs_refused += !one->yes;
        return;
    }
    a->runs++;
    a->cycles += one->result.cycles;
}

// What is owed for a request is said right before its end, which names all of its price: what was
// held is paid then, the rest when it is repaid.
static void count_money(pp_audit *a, pp_u128 *owed, const pp_market_event *e) {
    pp_u128 paid = 0;
    if (e->kind == PP_MARKET_EVENT_OWED) *owed = e->amount;
    if (e->kind == PP_MARKET_EVENT_REPAID) paid = e->amount;
    if (e->kind == PP_MARKET_EVENT_CLOSED) {
        paid = e->amount - *owed;
        *owed = 0;
    }
    a->paid += paid;
    a->payments += paid > 0;
}

static void count_block(pp_audit *a, const pp_chain_result *result) {
    a->items += result->items_len;
    for (size_t i = 0; i < result->items_len; i++) {
        const pp_chain_item_result *item = &result->items[i];
        bool noop = item->code == PP_CHAIN_MARKET && item->market == PP_MARKET_NOOP;
        a->refused += item->code != PP_CHAIN_OK && !noop;
    }
    pp_u128 owed = 0;
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_chain_event *e = &result->events[i];
        if (e->kind == PP_EVENT_MARKET) count_money(a, &owed, &e->market);
    }
}

// What the lanes have done so far, once on each side: what is left was done by the blocks between.
static void count_lanes(pp_audit *a, const pp_chain *chain, bool end) {
    const uint64_t sign = end ? 1 : UINT64_MAX; // added, or taken off
    pp_chain_lane lane;
    for (uint64_t id = 0; pp_chain_lane_get(&lane, chain, id); id++) {
        a->transactions += sign * lane.transactions;
        a->applied += sign * lane.applied;
        a->batches += sign * lane.batches;
        a->checked += sign * lane.checked;
        if (id == 0) a->root = lane.checked_root;
    }
}

static void begin(pp_audit *a, const pp_follower *f) {
    const pp_genesis *genesis = pp_chain_genesis(f->chain);
    memcpy(a->network, genesis->name, sizeof a->network);
    a->check = genesis->check;
    a->began = f->began;
    pp_chain_info_get(&a->info, f->chain);
    count_lanes(a, f->chain, false);
}

static void end(pp_audit *a, const pp_chain *chain) {
    uint64_t from = a->info.time;
    pp_chain_info_get(&a->info, chain);
    a->span = a->info.time > from ? a->info.time - from : 0;
    a->balanced = pp_chain_ledger_get(&a->ledger, chain);
    count_lanes(a, chain, true);
}

static bool follow(pp_err *err, pp_audit *a, pp_follower *f, pp_audit_watch *on_block, void *ctx) {
    begin(a, f);
    f->checks.on_check = count_check;
    f->checks.check_ctx = a;
    bool more = true;
    while (more) {
        pp_chain_result result;
        if (!pp_follower_next(err, &more, &result, f)) return false;
        if (!more) break;
        count_block(a, &result);
        if (on_block) on_block(ctx, f->cursor.height - 1, f->log->records - 1);
    }
    end(a, f->chain);
    return true;
}

bool pp_audit_dir(pp_err *err, pp_audit *out, const char *dir, pp_audit_watch *on_block,
                  void *ctx) {
    memset(out, 0, sizeof *out);
    uint64_t begin = pp_clock_ns();
    pp_log log;
    if (!pp_log_open(err, &log, dir, PP_LOG_READ)) return false;
    out->torn_size = log.torn_size;
    out->log_size = log.end;
    pp_store *store;
    pp_follower f = {0};
    bool ok = pp_store_open(err, &store, NULL, PP_STORE_MEMORY) &&
              pp_follower_open(err, &f, &log, store, NULL) && follow(err, out, &f, on_block, ctx);
    pp_follower_close(&f);
    pp_store_close(store);
    pp_log_close(&log);
    out->ns = pp_clock_ns() - begin;
    return ok;
}
