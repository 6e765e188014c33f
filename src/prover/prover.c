// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/prover.h"

#include <stdlib.h>

#include "hash/keccak.h"
#include "host/clock.h"
#include "sign/keys.h"

bool pp_prover_init(pp_prover *prover, const pp_prover_secret *secret, const pp_guest *guest,
                    pp_works *works) {
    memset(prover, 0, sizeof *prover);
    prover->secret = secret;
    prover->guest = guest;
    prover->works = works;
    return pp_sign_address(&prover->address, secret->key);
}

// ---- what it costs ----------------------------------------------------------------------------

bool pp_prover_cost(pp_u128 *out, const pp_prover_secret *secret, uint64_t work) {
    pp_u128 cost = work;
    if (!pp_u128_mul(&cost, cost, secret->ps_per_work) ||
        !pp_u128_mul(&cost, cost, secret->wei_per_second))
        return false;
    // 10^12 picoseconds a second, in two steps that each round up.
    for (int i = 0; i < 2; i++) cost = pp_u128_div_u32(cost, 1000000) + 1;
    if (cost > PP_MARKET_AMOUNT_MAX) return false;
    *out = cost;
    return true;
}

static bool timed_run(pp_err *err, pp_vm_result *result, uint64_t *ns, const pp_guest *guest,
                      pp_bytes input) {
    uint64_t begin = pp_clock_ns();
    bool ok = pp_vm_run(err, result, &guest->program, input, NULL);
    *ns = pp_clock_ns() - begin;
    return ok;
}

static bool not_ok(pp_err *err, const pp_vm_result *result) {
    char text[PP_VM_DESCRIBE_MAX];
    return pp_err_set(err, PP_EXIT_USAGE, "the batch guest cannot be timed: %s",
                      pp_vm_describe(text, result));
}

bool pp_prover_work(pp_err *err, uint64_t *work, const pp_works *works, const pp_guest *guest,
                    pp_bytes input) {
    pp_vm_result result;
    uint64_t ns;
    if (!timed_run(err, &result, &ns, guest, input)) return false;
    if (!pp_vm_ok(&result)) return not_ok(err, &result);
    *work = result.cycles;
    return works == NULL || pp_works_count(err, work, works, guest, input);
}

bool pp_prover_measure(pp_err *err, uint64_t *ps_per_cycle, const pp_guest *guest, pp_bytes input,
                       unsigned runs) {
    uint64_t best = UINT64_MAX, cycles = 0;
    for (unsigned i = 0; i < runs; i++) {
        pp_vm_result result;
        uint64_t ns;
        if (!timed_run(err, &result, &ns, guest, input)) return false;
        if (!pp_vm_ok(&result)) return not_ok(err, &result);
        cycles = result.cycles;
        if (ns < best) best = ns;
    }
    PP_ASSERT(cycles > 0); // every run has cycles
    uint64_t ps = (uint64_t)((pp_u128)best * 1000 / cycles);
    *ps_per_cycle = ps > 0 ? ps : 1;
    return true;
}

// ---- running ----------------------------------------------------------------------------------

static void tell(const pp_prover *p, const pp_prover_run *run) {
    if (p->on_run) p->on_run(p->run_ctx, p, run);
}

static pp_prover_job *job_for(pp_prover *p, const pp_hash32 *request) {
    size_t i = p->jobs > PP_PROVER_JOBS ? p->jobs - PP_PROVER_JOBS : 0;
    while (i < p->jobs && !pp_hash32_eq(&p->job[i % PP_PROVER_JOBS].request, request)) i++;
    pp_prover_job *job = &p->job[i % PP_PROVER_JOBS];
    if (i < p->jobs) return job;
    p->jobs++;
    *job = (pp_prover_job){.request = *request};
    return job;
}

// Its bid: what the work costs it. *willing is false when it cannot be done, or not for that.
static bool bid_for(pp_err *err, pp_prover *p, bool *willing, pp_u128 *bid,
                    const pp_market_request *r, pp_bytes input) {
    pp_prover_job *job = job_for(p, &r->id);
    if (!job->known) {
        pp_prover_run run = {.request = r->id};
        if (!timed_run(err, &run.result, &run.ns, p->guest, input)) return false;
        job->known = true;
        job->provable = pp_vm_ok(&run.result);
        job->work = run.result.cycles;
        if (job->provable && p->works != NULL &&
            !pp_works_count(err, &job->work, p->works, p->guest, input))
            return false;
        tell(p, &run);
    }
    *willing = job->provable && pp_prover_cost(bid, p->secret, job->work);
    return true;
}

// ---- speaking ---------------------------------------------------------------------------------

// A salt that nobody else can guess and that is the same after a restart.
static void salt_of(pp_hash32 *out, const pp_prover *p, const pp_hash32 *request) {
    static const char tag[] = "polypoly/salt/1";
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, p->secret->salt.b, 32);
    pp_keccak_update(&k, request->b, 32);
    pp_keccak_final(&k, out);
}

static void say(pp_prover *p, pp_outbox *out, const pp_chain *chain,
                const pp_market_command *command) {
    pp_outbox_market(out, chain, p->secret->key, command);
}

static void say_bid(pp_prover *p, pp_outbox *out, const pp_chain *chain, const pp_market_request *r,
                    pp_u128 bid) {
    pp_market_command c = {.kind = PP_MARKET_BID, .request = r->id};
    pp_hash32 salt;
    salt_of(&salt, p, &r->id);
    pp_market_bid_hash(&c.hash, &r->id, &p->address, bid, &salt);
    say(p, out, chain, &c);
}

static void say_open_bid(pp_prover *p, pp_outbox *out, const pp_chain *chain,
                         const pp_market_request *r, pp_u128 bid) {
    pp_market_command c = {.kind = PP_MARKET_OPEN_BID, .request = r->id, .amount = bid};
    salt_of(&c.hash, p, &r->id);
    say(p, out, chain, &c);
}

// The claim of a run that was good, as the chain will put it together.
static pp_claim claim_of(const pp_prover *p, const pp_market_request *r,
                         const pp_vm_result *result) {
    pp_claim claim = {.program_id = r->terms.program_id,
                      .input_id = r->terms.input_id,
                      .output_size = result->output_size};
    pp_vm_id(&claim.vm_id);
    pp_market_context(&claim.context, &r->id, &p->address);
    memcpy(claim.output, result->output, result->output_size);
    return claim;
}

static bool deliver(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                    const pp_market_request *r, pp_bytes input) {
    pp_prover_job *job = job_for(p, &r->id);
    if (job->claims == PP_PROVER_TRIES) return true;
    if (p->background && p->works != NULL && pp_works_is_busy(p->works)) return true;
    pp_prover_run run = {.delivery = true, .request = r->id};
    uint64_t begin = pp_clock_ns();
    if (!timed_run(err, &run.result, &run.ns, p->guest, input)) return false;
    bool good = pp_vm_ok(&run.result);
    uint8_t *proof = NULL;
    if (good && p->works != NULL) {
        pp_claim claim = claim_of(p, r, &run.result);
        if (!(p->background ? pp_works_ask : pp_works_prove)(err, &proof, &run.proof_size, p->works,
                                                             p->guest, &claim, input))
            return false;
        job->kept = true;
        if (proof == NULL) return true;
        run.ns = pp_clock_ns() - begin;
    }
    job->claims++;
    tell(p, &run);
    pp_market_command c = {.kind = good ? PP_MARKET_PROVE : PP_MARKET_DECLINE, .request = r->id};
    if (good) {
        c.output_size = run.result.output_size;
        memcpy(c.output, run.result.output, run.result.output_size);
        c.proof = (pp_bytes){proof, run.proof_size};
    }
    say(p, out, chain, &c);
    free(proof);
    return true;
}

// Proofs are kept until the chain has taken one for their request.
static void forget(pp_prover *p, const pp_market *m) {
    for (size_t i = 0; i < PP_PROVER_JOBS; i++) {
        pp_prover_job *job = &p->job[i];
        if (!job->kept) continue;
        const pp_market_request *r = pp_market_find_request(m, &job->request);
        if (r != NULL && !r->proven && !pp_market_state_is_terminal(r->state)) continue;
        pp_hash32 context;
        pp_market_context(&context, &job->request, &p->address);
        pp_works_forget(p->works, &context);
        job->kept = false;
    }
}

// ---- what to do now ---------------------------------------------------------------------------

static const pp_market_commit *commit_of(const pp_market *m, const pp_market_request *r,
                                         const pp_market_account *me) {
    const pp_market_commit *c = NULL;
    while ((c = pp_market_commit_after(m, r, c)) != NULL && &m->accounts[c->account] != me) {
    }
    return c;
}

// Whether the market would take a commit at the reserve from this account.
static bool may_bid(const pp_market *m, const pp_market_request *r, const pp_market_account *me) {
    pp_u128 stake = r->terms.reserve * r->terms.kappa;
    if (stake < m->params.stake_min) stake = m->params.stake_min;
    return me->registered && me->open_defaults == 0 && me->slots_used < me->slots &&
           me->stake - me->held - me->unbonding >= stake &&
           me->free >= pp_market_bond(&m->params, r->terms.reserve) &&
           r->commits_len < m->params.commits_max;
}

static bool on_request(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                       const pp_market_request *r, const pp_market_account *me, uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    const pp_market_commit *mine = commit_of(m, r, me);
    bool committing = r->state == PP_MARKET_COMMIT && next <= pp_market_commit_end(r);
    bool revealing = (r->state == PP_MARKET_REVEAL && !r->drawing) ||
                     (r->state == PP_MARKET_COMMIT && next > pp_market_commit_end(r));
    bool primary = r->state == PP_MARKET_ASSIGNED && &m->accounts[r->primary] == me;
    bool wants_bid = committing && mine == NULL && may_bid(m, r, me);
    bool wants_open =
        revealing && mine != NULL && !mine->revealed && next <= pp_market_reveal_end(r);
    bool wants_sale = r->state == PP_MARKET_OPEN && !r->proven;
    if (!wants_bid && !wants_open && !wants_sale && !primary) return true;
    pp_bytes input;
    if (!pp_chain_input(&input, chain, &r->terms.input_id)) return true;
    if (primary) return deliver(err, p, out, chain, r, input);
    bool willing;
    pp_u128 bid;
    if (!bid_for(err, p, &willing, &bid, r, input)) return false;
    if (!willing) return true;
    if (wants_sale && pp_market_open_price(r, next) >= bid)
        return deliver(err, p, out, chain, r, input);
    if (wants_bid && bid <= r->terms.reserve) say_bid(p, out, chain, r, bid);
    if (wants_open) say_open_bid(p, out, chain, r, bid);
    return true;
}

bool pp_prover_act(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                   uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    const pp_market_account *me = pp_market_find_account(m, &p->address);
    if (me == NULL) return true;
    forget(p, m);
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        if (!pp_hash32_eq(&r->terms.program_id, &p->guest->id)) continue;
        if (!on_request(err, p, out, chain, r, me, next)) return false;
    }
    return true;
}
