// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/checks.h"

#include "base/clock.h"
#include "host/fit.h"

void pp_checks_init(pp_checks *checks) {
    memset(checks, 0, sizeof *checks);
    checks->shard_ns = PP_CHECKS_SHARD_NS;
    pp_guest_batch(&checks->batch);
}

// A full batch, at what its rollup's entry estimates it, has room in one proof: else the first such
// batch would stop its lane. Of rollups that a command makes the chain asks.
static uint64_t work_most(const pp_checks *checks, const pp_genesis *genesis) {
    return genesis->check == PP_CHECK_PROOF
               ? pp_fit_work(&genesis->proofs, checks->proofs.machine.machine)
               : UINT64_MAX;
}

static bool fits(void *ctx, const pp_genesis_rollup *entry) {
    const pp_checks *checks = ctx;
    return pp_genesis_full_work(entry) <= work_most(checks, pp_chain_genesis(checks->chain));
}

static bool batches_fit(pp_err *err, const pp_checks *checks, const char *name,
                        const pp_genesis *genesis) {
    uint64_t most = work_most(checks, genesis);
    for (size_t i = 0; i < genesis->rollups_len; i++) {
        uint64_t work = pp_genesis_full_work(&genesis->rollups[i]);
        if (work > most)
            return pp_err_set(err, PP_EXIT_USAGE,
                              "%s: rollups[%zu].batch: a full one is estimated at %llu units of "
                              "work, and a proof that check accepts is sure to hold %llu: fewer "
                              "transactions or bytes",
                              name, i, (unsigned long long)work, (unsigned long long)most);
    }
    return true;
}

bool pp_checks_begin(pp_err *err, pp_checks *checks, const char *name, const pp_chain *chain) {
    static const char way_out[] = "made by another version of this program; use that version, or "
                                  "another directory";
    const pp_genesis *genesis = pp_chain_genesis(chain);
    pp_hash32 vm_id;
    pp_vm_id(&vm_id);
    if (!pp_hash32_eq(&vm_id, &genesis->vm_id))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: vm_id: a machine that is not known here: %s",
                          name, way_out);
    for (size_t i = 0; i < genesis->rollups_len; i++)
        if (!pp_hash32_eq(&checks->batch.id, &genesis->rollups[i].program_id))
            return pp_err_set(err, PP_EXIT_USAGE,
                              "%s: rollups[%zu].program_id: a guest that is not known here: %s",
                              name, i, way_out);
    checks->chain = chain;
    return genesis->check != PP_CHECK_PROOF ||
           (pp_proofs_open(err, &checks->proofs, name, genesis) &&
            batches_fit(err, checks, name, genesis));
}

void pp_checks_end(pp_checks *checks) {
    pp_proofs_close(&checks->proofs);
    checks->chain = NULL;
}

static void tell(const pp_checks *checks, const pp_checks_one *one) {
    if (checks->on_check) checks->on_check(checks->check_ctx, one);
}

// What was found before a restart.
static bool known(const pp_checks *checks, pp_checks_one *one) {
    pp_past_check c;
    if (checks->past == NULL || !pp_past_take(checks->past, &c, (uint8_t)one->kind)) return false;
    one->before = true;
    one->yes = c.yes;
    one->shards = c.shards;
    one->result.cycles = c.cycles;
    tell(checks, one);
    return true;
}

static void found(const pp_checks *checks, const pp_checks_one *one) {
    const pp_past_check c = {.kind = (uint8_t)one->kind,
                             .yes = one->yes,
                             .shards = (uint32_t)one->shards,
                             .cycles = one->result.cycles};
    if (checks->past) pp_past_add(checks->past, &c);
    tell(checks, one);
}

// Runs the program. False with *err when the environment failed.
static bool run(pp_err *err, bool *agrees, const pp_checks *checks, pp_checks_kind kind,
                pp_bytes input, pp_bytes output) {
    pp_checks_one r = {.kind = kind, .output = output};
    const pp_program *program = &checks->batch.program;
    const pp_genesis *genesis = pp_chain_genesis(checks->chain);
    pp_vm_options options = {.max_cycles = PP_CHECKS_CYCLES_MAX};
    pp_fit fit = {.fits = true};
    if (known(checks, &r)) {
        *agrees = r.yes;
        return true;
    }
    uint64_t begin = pp_clock_ns();
    if (genesis->check == PP_CHECK_PROOF) {
        if (!pp_fit_run(err, &fit, &genesis->proofs, checks->proofs.machine.machine, program, input,
                        &options, 0))
            return false;
        r.result = fit.result;
    } else if (!pp_vm_run(err, &r.result, program, input, &options)) {
        return false;
    }
    r.ns = pp_clock_ns() - begin;
    r.shards = fit.shards;
    bool same = pp_vm_ok(&r.result) && r.result.output_size == output.size &&
                memcmp(r.result.output, output.data, output.size) == 0;
    r.yes = fit.fits && same;
    if (!r.yes)
        r.why = fit.fits ? "the guest departs from native execution"
                         : "no proof that the network accepts can hold it";
    found(checks, &r);
    *agrees = r.yes;
    return true;
}

// Of a wrong proof nobody knows how much of it was looked at.
static void measure(pp_checks *checks, const pp_checks_one *one, pp_bytes proof) {
    uint32_t max = pp_chain_genesis(checks->chain)->proofs.shards;
    uint32_t shards = one->yes ? pp_claim_shards(proof.data, proof.size, max) : 0;
    if (shards == 0) return;
    uint64_t ns = one->ns / shards;
    checks->shard_ns = ns > checks->shard_ns ? ns : checks->shard_ns - (checks->shard_ns - ns) / 8;
}

static bool verify(pp_checks *checks, const pp_claim *claim, pp_bytes proof) {
    pp_checks_one one = {.kind = PP_CHECKS_VERIFIED,
                         .output = {claim->output, claim->output_size},
                         .proof_size = proof.size};
    if (known(checks, &one)) return one.yes;
    uint64_t begin = pp_clock_ns();
    one.why = pp_proofs_refuse(&checks->proofs, claim, proof);
    one.yes = one.why == NULL;
    one.ns = pp_clock_ns() - begin;
    measure(checks, &one, proof);
    found(checks, &one);
    return one.yes;
}

static bool check(void *ctx, const pp_claim *claim, pp_bytes proof) {
    pp_checks *checks = ctx;
    if (pp_chain_genesis(checks->chain)->check == PP_CHECK_PROOF)
        return verify(checks, claim, proof);
    pp_hash32 vm_id;
    pp_vm_id(&vm_id);
    pp_bytes input;
    if (proof.size != 0 || !pp_hash32_eq(&vm_id, &claim->vm_id) ||
        !pp_hash32_eq(&checks->batch.id, &claim->program_id) ||
        !pp_chain_input(&input, checks->chain, &claim->input_id))
        return false;
    bool agrees = false;
    pp_err err;
    if (run(&err, &agrees, checks, PP_CHECKS_RE_EXECUTED, input,
            (pp_bytes){claim->output, claim->output_size}))
        return agrees;
    if (checks->failed.exit_code == 0) checks->failed = err;
    return false;
}

static bool preflight(void *ctx, pp_err *err, const pp_hash32 *program_id, pp_bytes input,
                      pp_bytes output) {
    const pp_checks *checks = ctx;
    bool agrees = false;
    err->exit_code = 0;
    if (!pp_hash32_eq(&checks->batch.id, program_id)) return false;
    return run(err, &agrees, checks, PP_CHECKS_PREFLIGHT, input, output) && agrees;
}

void pp_checks_env(pp_chain_env *env, pp_checks *checks, pp_store *store) {
    *env = (pp_chain_env){
        .ctx = checks, .check = check, .preflight = preflight, .fits = fits, .store = store};
}
