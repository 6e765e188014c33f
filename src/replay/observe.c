// SPDX-License-Identifier: MIT OR Apache-2.0
// From a block's events to what a person wants to see of each batch.
#include <stdarg.h>
#include <stdio.h>

#include "hash/keccak.h"
#include "replay/internal.h"

void pp_replay_tell(const pp_replay *r, const pp_replay_stage *stage) {
    if (r->watch.on_stage) r->watch.on_stage(r->watch.ctx, stage);
}

typedef struct observer {
    pp_replay *r;
    pp_chain *chain;
    const pp_chain_result *result;
    uint64_t height;
    bool live;
    uint64_t block_ns;
} observer;

static void tell(const observer *o, pp_replay_stage *stage) {
    stage->height = o->height;
    if (o->live) pp_replay_tell(o->r, stage);
}

static size_t prover_of(const pp_replay *r, const pp_address *address) {
    for (size_t i = 0; i < r->secrets.provers_len; i++)
        if (pp_address_eq(&r->provers[i].address, address)) return i;
    return PP_REPLAY_NOBODY;
}

__attribute__((format(printf, 3, 4))) static void note(const observer *o, uint64_t batch,
                                                       const char *format, ...) {
    pp_replay_stage s = {.kind = PP_REPLAY_NOTE, .batch = batch};
    va_list args;
    va_start(args, format);
    vsnprintf(s.text, sizeof s.text, format, args);
    va_end(args);
    tell(o, &s);
}

// How many events of this kind from `at` on are about the batch, up to the first that is not.
static size_t run_of(const observer *o, size_t at, bool (*same)(const pp_chain_event *),
                     uint64_t batch) {
    size_t n = 0;
    while (at + n < o->result->events_len && same(&o->result->events[at + n]) &&
           o->result->events[at + n].batch == batch)
        n++;
    return n;
}

// ---- the lane ---------------------------------------------------------------------------------

static bool is_tx(const pp_chain_event *e) {
    return e->kind == PP_EVENT_TX;
}

// Whoever has the operator's key can order anything; then this log is none of this file.
static void departs(observer *o, const char *what, uint64_t number) {
    if (o->r->departs.exit_code == 0)
        pp_err_set(&o->r->departs, PP_EXIT_USAGE,
                   "%s: block %llu has a %s %llu that the file does not give; name another "
                   "directory",
                   o->r->options.data, (unsigned long long)o->height, what,
                   (unsigned long long)number);
}

static bool is_of_file(observer *o, const pp_chain_event *e) {
    pp_chain_tx tx;
    pp_hash32 hash;
    if (e->number < o->r->file->transactions_len &&
        pp_chain_tx_get(&tx, o->chain, e->lane, e->number)) {
        const pp_bytes *raw = &o->r->file->transactions[e->number];
        pp_keccak256(&hash, raw->data, raw->size);
        if (pp_hash32_eq(&hash, &tx.hash)) return true;
    }
    departs(o, "transaction", e->number);
    return false;
}

static size_t on_ordered(observer *o, size_t at) {
    pp_replay *r = o->r;
    uint64_t batch = o->result->events[at].batch;
    size_t n = run_of(o, at, is_tx, batch);
    pp_replay_stage s = {.kind = PP_REPLAY_ORDERED, .batch = batch, .count = n, .ns = o->block_ns};
    for (size_t i = 0; i < n; i++) {
        const pp_chain_event *e = &o->result->events[at + i];
        if (!is_of_file(o, e)) continue;
        r->txs[e->number] = (pp_replay_tx){e->rollup, e->account};
        s.applied += e->rollup == PP_ROLLUP_OK;
    }
    r->batches[batch].transactions += (uint32_t)n;
    r->batches[batch].applied += (uint32_t)s.applied;
    tell(o, &s);
    return n;
}

static void on_posted(observer *o, const pp_chain_event *e) {
    pp_replay_batch *b = &o->r->batches[e->batch];
    b->reserve = e->amount;
    pp_chain_batch batch;
    pp_replay_stage s = {.kind = PP_REPLAY_CUT,
                         .batch = e->batch,
                         .amount = e->amount,
                         .cycles = b->cycles,
                         .ns = o->r->times[e->batch].preflight};
    if (pp_chain_batch_get(&batch, o->chain, e->lane, e->batch)) {
        s.count = batch.input_size;
        s.work = b->work = batch.work;
    }
    tell(o, &s);
    if (e->kind == PP_EVENT_UNFUNDED)
        note(o, e->batch, "the proof fund cannot carry it: open to anyone, paid as a debt");
}

static void on_root(observer *o, size_t at) {
    const pp_chain_event *e = &o->result->events[at];
    pp_replay_stage s = {.kind = PP_REPLAY_ROOT, .batch = e->batch};
    if (at + 1 < o->result->events_len && e[1].kind == PP_EVENT_FEES && e[1].batch == e->batch)
        s.amount = e[1].amount;
    o->r->batches[e->batch].fees = s.amount;
    pp_chain_batch batch;
    if (pp_chain_batch_get(&batch, o->chain, e->lane, e->batch)) s.root = batch.output.new_root;
    tell(o, &s);
}

// ---- the market -------------------------------------------------------------------------------

static bool is_committed(const pp_chain_event *e) {
    return e->kind == PP_EVENT_MARKET && e->market.kind == PP_MARKET_EVENT_COMMITTED;
}
static bool is_revealed(const pp_chain_event *e) {
    return e->kind == PP_EVENT_MARKET && e->market.kind == PP_MARKET_EVENT_REVEALED;
}

// Bids of one batch may stand apart in a block: all of them are counted at the first.
static bool seen_before(const observer *o, size_t at, bool (*same)(const pp_chain_event *)) {
    for (size_t i = 0; i < at; i++)
        if (same(&o->result->events[i]) &&
            o->result->events[i].batch == o->result->events[at].batch)
            return true;
    return false;
}

static void on_committed(observer *o, size_t at) {
    uint64_t batch = o->result->events[at].batch;
    if (seen_before(o, at, is_committed)) return;
    pp_replay_stage s = {.kind = PP_REPLAY_BID, .batch = batch, .ns = o->r->times[batch].bids};
    for (size_t i = at; i < o->result->events_len; i++)
        s.count += is_committed(&o->result->events[i]) && o->result->events[i].batch == batch;
    tell(o, &s);
}

static void on_revealed(observer *o, size_t at) {
    uint64_t batch = o->result->events[at].batch;
    pp_replay_batch *b = &o->r->batches[batch];
    if (seen_before(o, at, is_revealed)) return;
    for (size_t i = at; i < o->result->events_len; i++) {
        const pp_chain_event *e = &o->result->events[i];
        if (!is_revealed(e) || e->batch != batch) continue;
        size_t prover = prover_of(o->r, &e->market.account);
        if (prover != PP_REPLAY_NOBODY) b->bids[prover] = e->market.amount;
        b->bids_len++;
    }
    pp_replay_stage s = {.kind = PP_REPLAY_OPENED_BID,
                         .batch = batch,
                         .count = b->bids_len,
                         .bids_len = o->r->secrets.provers_len};
    memcpy(s.bids, b->bids, sizeof s.bids);
    tell(o, &s);
}

static void on_accepted(observer *o, const pp_chain_event *e) {
    pp_replay_batch *b = &o->r->batches[e->batch];
    b->checked = true;
    pp_replay_stage s = {.kind = PP_REPLAY_DELIVERED,
                         .batch = e->batch,
                         .prover = prover_of(o->r, &e->market.account),
                         .proofs = o->r->genesis.check == PP_CHECK_PROOF,
                         .cycles = b->cycles,
                         .count = b->proof_size,
                         .ns = o->r->times[e->batch].delivery};
    tell(o, &s);
    s.kind = PP_REPLAY_CHECKED;
    s.ns = o->r->times[e->batch].check;
    tell(o, &s);
}

static void on_closed(observer *o, const pp_chain_event *e) {
    pp_replay_batch *b = &o->r->batches[e->batch];
    b->winner = prover_of(o->r, &e->market.account);
    b->winner_address = e->market.account;
    b->price = e->market.amount;
    pp_replay_stage s = {.kind = b->owed ? PP_REPLAY_OWED : PP_REPLAY_PAID,
                         .batch = e->batch,
                         .prover = b->winner,
                         .amount = b->price};
    tell(o, &s);
}

// The fund has one row of debts: the oldest is paid first.
static void on_repaid(observer *o, const pp_chain_event *e) {
    pp_replay *r = o->r;
    for (size_t i = 0; i < r->batches_len; i++) {
        pp_replay_batch *b = &r->batches[i];
        if (b->owed == 0 || b->owed != e->market.amount ||
            !pp_address_eq(&b->winner_address, &e->market.account))
            continue;
        b->owed = 0;
        pp_replay_stage s = {
            .kind = PP_REPLAY_PAID, .batch = i, .prover = b->winner, .amount = b->price};
        tell(o, &s);
        return;
    }
}

static void on_market(observer *o, size_t at) {
    const pp_chain_event *e = &o->result->events[at];
    size_t prover = prover_of(o->r, &e->market.account);
    char text[40];
    pp_replay_stage s = {.kind = PP_REPLAY_ASSIGNED,
                         .batch = e->batch,
                         .prover = prover,
                         .amount = e->market.amount};
    switch (e->market.kind) {
    case PP_MARKET_EVENT_COMMITTED:
        on_committed(o, at);
        break;
    case PP_MARKET_EVENT_REVEALED:
        on_revealed(o, at);
        break;
    case PP_MARKET_EVENT_ASSIGNED:
        tell(o, &s);
        break;
    case PP_MARKET_EVENT_PROVEN: // the market's name for an accepted claim, whatever the check
        on_accepted(o, e);
        break;
    case PP_MARKET_EVENT_CLOSED:
        on_closed(o, e);
        break;
    case PP_MARKET_EVENT_OPENED:
        note(o, e->batch, "open to anyone, from %s wei", pp_u128_dec(text, e->market.amount));
        break;
    case PP_MARKET_EVENT_DECLINED:
        note(o, e->batch, "prover %zu declines", prover + 1);
        break;
    case PP_MARKET_EVENT_DEFAULTED:
        note(o, e->batch, "prover %zu defaults, and loses %s wei of stake", prover + 1,
             pp_u128_dec(text, e->market.amount));
        break;
    case PP_MARKET_EVENT_OWED:
        o->r->batches[e->batch].owed = e->market.amount; // its CLOSED comes next
        break;
    default:
        break;
    }
}

void pp_replay_observe(pp_replay *r, uint64_t height, const pp_chain_result *result,
                       pp_chain *chain, bool live, uint64_t block_ns) {
    observer o = {r, chain, result, height, live, block_ns};
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_chain_event *e = &result->events[i];
        if (e->batch >= r->batches_len) {
            if (e->protocol) departs(&o, "batch", e->batch);
            continue;
        }
        switch (e->kind) {
        case PP_EVENT_TX:
            i += on_ordered(&o, i) - 1;
            break;
        case PP_EVENT_POSTED:
        case PP_EVENT_UNFUNDED:
            on_posted(&o, e);
            break;
        case PP_EVENT_HELD_BACK:
            note(&o, e->batch, "the market does not take it yet: %s", e->text);
            break;
        case PP_EVENT_MARKET:
            if (e->market.kind == PP_MARKET_EVENT_REPAID) on_repaid(&o, e);
            if (e->protocol) on_market(&o, i);
            break;
        case PP_EVENT_ROOT:
            on_root(&o, i);
            break;
        case PP_EVENT_INCIDENT:
            note(&o, e->batch, "INCIDENT: %s", e->text);
            break;
        default:
            break;
        }
    }
}
