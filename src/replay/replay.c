// SPDX-License-Identifier: MIT OR Apache-2.0
#include "replay/replay.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "host/local.h"
#include "prover/prover.h"
#include "replay/internal.h"
#include "sign/keys.h"

enum { LANE = 0, QUIET_BLOCKS_MAX = 1 << 11 };

// ---- opening ----------------------------------------------------------------------------------

// Each prover's run of the guest.
static void on_prover_run(void *ctx, const pp_prover *prover, const pp_prover_run *run) {
    pp_replay *r = ctx;
    (void)prover;
    uint64_t lane, batch;
    if (!pp_chain_batch_of(&lane, &batch, pp_local_chain(r->local), &run->request) ||
        batch >= r->batches_len)
        return;
    pp_replay_times *t = &r->times[batch];
    if (run->delivery)
        t->delivery = run->ns;
    else
        t->bids += run->ns;
}

static void on_proof_share(void *ctx, const pp_claim *claim, double share) {
    const pp_replay *r = ctx;
    pp_rollup_output output;
    if (r->watch.on_proving &&
        pp_rollup_output_decode(&output, (pp_bytes){claim->output, claim->output_size}))
        r->watch.on_proving(r->watch.ctx, output.batch, share);
}

// Where proofs are made, when the network demands them.
static bool open_works(pp_err *err, pp_replay *r) {
    if (r->genesis.check != PP_CHECK_PROOF) return true;
    if (!pp_works_open(err, &r->works, r->options.data, &r->genesis, r->options.threads,
                       r->options.memory))
        return false;
    r->works.on_progress = on_proof_share;
    r->works.progress_ctx = r;
    return true;
}

static pp_works *works_of(pp_replay *r) {
    return r->genesis.check == PP_CHECK_PROOF ? &r->works : NULL;
}

static bool make_provers(pp_err *err, pp_replay *r) {
    pp_address sequencer;
    if (!pp_sign_address(&sequencer, r->secrets.operator_key))
        return pp_err_set(err, PP_EXIT_USAGE, "%s/provers.json: operator_key: no key",
                          r->options.data);
    for (size_t i = 0; i < r->secrets.provers_len; i++) {
        if (!pp_prover_init(&r->provers[i], &r->secrets.provers[i], &r->guest, works_of(r)))
            return pp_err_set(err, PP_EXIT_USAGE, "%s/provers.json: provers[%zu].key: no key",
                              r->options.data, i);
        r->provers[i].on_run = on_prover_run;
        r->provers[i].run_ctx = r;
    }
    return true;
}

static bool draw_secrets(pp_err *err, pp_replay *r, const pp_replay_sample *sample, uint64_t work) {
    uint64_t begin = pp_clock_ns();
    size_t provers = r->options.provers ? r->options.provers : PP_REPLAY_PROVERS_DEFAULT;
    if (!pp_replay_draw(err, &r->secrets, provers, &r->guest, works_of(r), sample) ||
        !pp_secrets_store(err, &r->secrets, r->options.data))
        return false;
    pp_replay_stage stage = {.kind = PP_REPLAY_MEASURED,
                             .count = provers,
                             .proofs = works_of(r) != NULL,
                             .work = work,
                             .ns = pp_clock_ns() - begin};
    pp_replay_tell(r, &stage);
    return true;
}

// A directory without a log: secrets where there are none, and the genesis they make.
static bool begin_network(pp_err *err, pp_replay *r, bool has_secrets, char **genesis) {
    r->batch = r->options.batch ? r->options.batch : PP_REPLAY_BATCH_DEFAULT;
    if (has_secrets && r->options.provers && r->options.provers != r->secrets.provers_len)
        return pp_err_set(err, PP_EXIT_USAGE, "%s/provers.json: holds %zu provers, not %zu",
                          r->options.data, r->secrets.provers_len, r->options.provers);
    pp_replay_sample sample;
    r->genesis.check = r->options.check ? r->options.check : PP_CHECK_PROOF;
    pp_genesis_proofs_default(&r->genesis.proofs);
    pp_vm_id(&r->genesis.vm_id);
    if (!open_works(err, r) || !pp_replay_sample_make(err, &sample, r->file, r->batch))
        return false;
    pp_replay_work work;
    bool ok = pp_replay_count(err, &work, &r->guest, works_of(r), &sample) &&
              (has_secrets || draw_secrets(err, r, &sample, work.heavy)) && make_provers(err, r) &&
              pp_beacon_make(err, &r->beacon, &r->secrets.beacon_seed,
                             pp_replay_blocks_max(pp_replay_batches(r->file, r->batch)));
    if (ok)
        *genesis = pp_replay_genesis(r->file, r->batch, works_of(r) ? &r->genesis.proofs : NULL,
                                     &r->secrets, &r->guest, &r->beacon, &work);
    pp_replay_sample_free(&sample);
    return ok;
}

// A directory with a log: it must be the one of this file and these options.
static bool resume_network(pp_err *err, pp_replay *r, bool has_secrets) {
    if (!has_secrets)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s/provers.json: missing, and the log needs its keys to go on; "
                          "polypoly audit %s checks what is there",
                          r->options.data, r->options.data);
    pp_bytes file;
    if (!pp_local_genesis(err, &file, r->local) ||
        !pp_genesis_parse(err, &r->genesis, "the log's genesis", file) ||
        !pp_replay_same(err, &r->genesis, r->options.data, r->file, r->options.batch,
                        r->options.provers, r->options.check, &r->secrets, &r->guest))
        return false;
    r->batch = r->genesis.rollups[LANE].batch_transactions;
    return open_works(err, r) && make_provers(err, r) &&
           pp_beacon_make(err, &r->beacon, &r->secrets.beacon_seed,
                          pp_replay_blocks_max(pp_replay_batches(r->file, r->batch)));
}

static void on_check(void *ctx, const pp_checks_one *one) {
    pp_replay *r = ctx;
    pp_rollup_output output;
    r->check_ns += one->ns;
    if (!pp_rollup_output_decode(&output, one->output) || output.batch >= r->batches_len) return;
    pp_replay_times *t = &r->times[output.batch];
    if (one->kind == PP_CHECKS_PREFLIGHT) {
        r->batches[output.batch].cycles = one->result.cycles;
        t->preflight = one->ns;
    } else if (one->yes) {
        r->batches[output.batch].proof_size = one->proof_size;
        t->check = one->ns;
    }
}

static void on_restored_block(void *ctx, uint64_t height, uint64_t of,
                              const pp_chain_result *result, pp_chain *chain) {
    pp_replay *r = ctx;
    pp_replay_observe(r, height, result, chain, false, 0);
    if (r->watch.on_progress) r->watch.on_progress(r->watch.ctx, true, height, of);
}

static bool departs(pp_err *err, const pp_replay *r) {
    if (r->departs.exit_code == 0) return false;
    *err = r->departs;
    return true;
}

static bool start(pp_err *err, pp_replay *r) {
    bool has_secrets, begun = pp_local_begun(r->local);
    char *genesis = NULL;
    if (!pp_secrets_load(err, &has_secrets, &r->secrets, r->options.data)) return false;
    if (begun ? !resume_network(err, r, has_secrets)
              : !begin_network(err, r, has_secrets, &genesis))
        return false;
    r->batches_len = pp_replay_batches(r->file, r->batch);
    r->batches = calloc(r->batches_len, sizeof *r->batches);
    r->times = calloc(r->batches_len, sizeof *r->times);
    r->txs = calloc(r->file->transactions_len, sizeof *r->txs);
    bool ok = r->batches && r->times && r->txs;
    if (!ok) pp_err_set(err, PP_EXIT_USAGE, "no memory for %zu batches", r->batches_len);
    for (size_t i = 0; ok && i < r->batches_len; i++) r->batches[i].winner = PP_REPLAY_NOBODY;
    pp_local_watch watch = {
        .ctx = r, .on_block = on_restored_block, .on_check = on_check, .whole = true};
    pp_bytes file = {(const uint8_t *)genesis, genesis ? strlen(genesis) : 0};
    uint64_t begin = pp_clock_ns();
    ok = ok && pp_local_start(err, r->local, file, &r->beacon, &watch);
    free(genesis);
    if (!ok) return false;
    if (departs(err, r)) return false;
    pp_chain_info info;
    pp_chain_info_get(&info, pp_local_chain(r->local));
    pp_replay_stage stage = {
        .kind = PP_REPLAY_RESTORED, .height = info.height, .ns = pp_clock_ns() - begin};
    if (info.height > 0) pp_replay_tell(r, &stage);
    return true;
}

bool pp_replay_open(pp_err *err, pp_replay **out, const pp_replay_file *file, const char *path,
                    const pp_replay_options *options, const pp_replay_watch *watch) {
    *out = NULL;
    if (!pp_replay_file_fits(err, file, path)) return false;
    pp_replay *r = calloc(1, sizeof *r);
    if (r == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    r->file = file;
    r->options = *options;
    r->watch = *watch;
    pp_guest_batch(&r->guest);
    if (!pp_local_open(err, &r->local, options->data) || !start(err, r)) {
        pp_replay_close(r);
        return false;
    }
    *out = r;
    return true;
}

void pp_replay_close(pp_replay *r) {
    if (r == NULL) return;
    pp_outbox_free(&r->outbox);
    pp_local_close(r->local);
    pp_beacon_free(&r->beacon);
    pp_works_close(&r->works);
    pp_genesis_free(&r->genesis);
    free(r->batches);
    free(r->times);
    free(r->txs);
    free(r);
}

// ---- running ----------------------------------------------------------------------------------

// The operator of the lane: one batch's transactions in each block that has room for them.
static bool operator_act(pp_replay *r, const pp_chain_lane *lane) {
    size_t from = (size_t)lane->transactions;
    size_t len = pp_replay_batch_len(r->file, from, r->batch);
    if (len == 0 || lane->batches - lane->checked >= PP_REPLAY_IN_FLIGHT) return false;
    size_t size;
    uint8_t *payload = pp_lane_payload_encode(&size, LANE, r->file->transactions + from, len);
    pp_outbox_command(&r->outbox, pp_local_chain(r->local), r->secrets.operator_key,
                      PP_COMMAND_LANE, (pp_bytes){payload, size});
    free(payload);
    return true;
}

static bool incident(pp_err *err, const pp_replay *r, const pp_chain_lane *lane) {
    return pp_err_set(err, PP_EXIT_NO, "%s: the line stands still at batch %llu: %s",
                      r->options.data, (unsigned long long)lane->batches, lane->incident);
}

// The operator's command is the first item of its block.
static bool accepted(pp_err *err, const pp_replay *r, const pp_chain_result *result) {
    if (result->items_len > 0 && result->items[0].code == PP_CHAIN_OK) return true;
    return pp_err_set(err, PP_EXIT_NO, "%s: the lane does not take its operator's transactions: %s",
                      r->options.data,
                      result->items_len > 0 ? pp_chain_item_reason(&result->items[0])
                                            : "no room in a block");
}

// One block: everybody says what the chain's state asks of them.
static bool step(pp_err *err, pp_replay *r, const pp_chain_lane *lane) {
    pp_chain *chain = pp_local_chain(r->local);
    const pp_genesis *genesis = pp_chain_genesis(chain);
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    pp_outbox_clear(&r->outbox);
    bool orders = operator_act(r, lane);
    uint64_t next = info.market_time + genesis->block_interval;
    for (size_t i = 0; i < r->secrets.provers_len; i++)
        if (!pp_prover_act(err, &r->provers[i], &r->outbox, chain, next)) return false;
    pp_chain_result result;
    uint64_t begin = pp_clock_ns();
    r->check_ns = 0;
    if (!pp_local_append(err, &result, NULL, r->local, info.time + genesis->block_interval,
                         r->outbox.items, r->outbox.len))
        return false;
    uint64_t took = pp_clock_ns() - begin;
    pp_replay_observe(r, info.height + 1, &result, chain, true,
                      took > r->check_ns ? took - r->check_ns : 0);
    r->quiet_blocks = result.events_len > 0 ? 0 : r->quiet_blocks + 1;
    return !orders || accepted(err, r, &result);
}

// All of them are in the log; a kill may have left some behind.
static void forget_proofs(const pp_replay *r, const pp_chain *chain) {
    pp_chain_batch b;
    for (size_t i = 0; r->genesis.check == PP_CHECK_PROOF && i < r->batches_len; i++)
        for (size_t k = 0; k < r->secrets.provers_len; k++) {
            pp_hash32 context;
            if (!pp_chain_batch_get(&b, chain, LANE, i)) continue;
            pp_market_context(&context, &b.request, &r->provers[k].address);
            pp_works_forget(&r->works, &context);
        }
}

bool pp_replay_run(pp_err *err, pp_replay *r) {
    pp_chain *chain = pp_local_chain(r->local);
    for (;;) {
        pp_chain_lane lane;
        bool there = pp_chain_lane_get(&lane, chain, LANE);
        PP_ASSERT(there);
        if (r->watch.on_progress)
            r->watch.on_progress(r->watch.ctx, false, lane.checked, r->batches_len);
        if (lane.incident) return incident(err, r, &lane);
        if (lane.transactions == r->file->transactions_len && lane.open_transactions == 0 &&
            lane.checked == lane.batches && pp_chain_market(chain)->open_len == 0) {
            forget_proofs(r, chain);
            return true;
        }
        if (r->quiet_blocks > QUIET_BLOCKS_MAX)
            return pp_err_set(err, PP_EXIT_NO,
                              "%s: the line stands still at batch %llu: no prover takes it",
                              r->options.data, (unsigned long long)lane.checked);
        if (!step(err, r, &lane) || departs(err, r)) return false;
    }
}

// ---- the result -------------------------------------------------------------------------------

void pp_replay_summary_get(pp_replay_summary *out, const pp_replay *r) {
    const pp_chain *chain = pp_local_chain(r->local);
    memset(out, 0, sizeof *out);
    out->check = r->genesis.check;
    for (size_t i = 0; i < r->batches_len; i++) {
        out->proofs += r->batches[i].proof_size > 0;
        out->proof_bytes += r->batches[i].proof_size;
    }
    pp_chain_info_get(&out->info, chain);
    bool there = pp_chain_lane_get(&out->lane, chain, LANE);
    PP_ASSERT(there);
    out->balanced = pp_chain_ledger_get(&out->ledger, chain);
    out->transactions = out->lane.transactions;
    for (size_t i = 0; i < out->transactions; i++) out->reasons[r->txs[i].reason]++;
    out->applied = out->reasons[PP_ROLLUP_OK];
    out->provers = r->secrets.provers_len;
    out->batches_len = (size_t)out->lane.batches;
    out->batches = r->batches;
}
