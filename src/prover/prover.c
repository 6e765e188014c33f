// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/prover.h"

#include <stdlib.h>

#include "base/clock.h"
#include "hash/keccak.h"
#include "prover/wish.h"
#include "sign/keys.h"

bool pp_prover_init(pp_prover *prover, const pp_prover_secret *secret, const pp_guest *guest,
                    pp_works *works) {
    memset(prover, 0, sizeof *prover);
    prover->secret = secret;
    prover->guest = guest;
    prover->works = works;
    prover->rescue_percent = 100;
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

size_t pp_prover_bid_bytes(void) {
    const pp_market_command seal = {.kind = PP_MARKET_BID}, open = {.kind = PP_MARKET_OPEN_BID};
    return pp_market_command_encode(NULL, 0, &seal) + pp_market_command_encode(NULL, 0, &open) +
           2 * PP_COMMAND_OVERHEAD;
}

// A proof may be as large as the network takes.
static void note_fees(pp_prover *p, const pp_chain *chain) {
    uint64_t most = (uint64_t)pp_chain_genesis(chain)->proofs.bytes + PP_GENESIS_PROOF_SPARE;
    p->bid_fee = pp_chain_command_fee(chain, pp_prover_bid_bytes());
    p->delivery_wei = pp_chain_market(chain)->params.proof_bond + pp_chain_command_fee(chain, most);
}

static bool timed_run(pp_err *err, pp_vm_result *result, uint64_t *ns, const pp_guest *guest,
                      pp_bytes input) {
    uint64_t begin = pp_clock_ns();
    bool ok = pp_vm_run(err, result, &guest->program, input, &pp_works_limits);
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
    pp_prover_job *found = (pp_prover_job *)(uintptr_t)pp_prover_job_of(p, request);
    if (found) return found;
    pp_prover_job *job = &p->job[p->known++ % PP_PROVER_JOBS];
    *job = (pp_prover_job){.request = *request};
    return job;
}

const pp_prover_job *pp_prover_job_of(const pp_prover *p, const pp_hash32 *request) {
    size_t i = p->known > PP_PROVER_JOBS ? p->known - PP_PROVER_JOBS : 0;
    for (; i < p->known; i++)
        if (pp_hash32_eq(&p->job[i % PP_PROVER_JOBS].request, request))
            return &p->job[i % PP_PROVER_JOBS];
    return NULL;
}

// What a request asks for a run of, where it is here.
typedef struct source {
    const pp_guest *guest;
    pp_bytes input;
} source;

static bool source_of(source *out, const pp_prover *p, const pp_chain *chain,
                      const pp_market_request *r) {
    const pp_hash32 *program = &r->terms.program_id, *input = &r->terms.input_id;
    const pp_shelf *const shelves[] = {p->shelf, p->held};
    bool found = pp_chain_input(&out->input, chain, input);
    out->guest = pp_hash32_eq(program, &p->guest->id) ? p->guest : NULL;
    for (size_t i = 0; i < PP_COUNT(shelves); i++) {
        if (shelves[i] == NULL) continue;
        // Where runs are made again, only the rollups' own program is: no other claim would be
        // accepted.
        if (out->guest == NULL && p->works) out->guest = pp_shelf_program(shelves[i], program);
        found = found || pp_shelf_input_get(&out->input, shelves[i], input);
    }
    return found && out->guest != NULL;
}

// Whether an output is what was asked for.
static bool fits(const pp_market_terms *t, const uint8_t *output, uint32_t size) {
    bool size_ok = t->match == PP_MARKET_EXACT ? size == t->output_size : size >= t->output_size;
    return t->match == PP_MARKET_ANY || (size_ok && memcmp(output, t->output, t->output_size) == 0);
}

static const char not_paid[] = "nothing is held for it, and it is no lane's of genesis";
static const char not_run[] = "its run cannot be proven, or gives another output";

// What is known of the run that a request asks for; NULL: nothing.
static const pp_prover_count *count_of(const pp_prover *p, const pp_market_terms *t) {
    size_t i = p->counted > PP_PROVER_COUNTS ? p->counted - PP_PROVER_COUNTS : 0;
    for (; i < p->counted; i++) {
        const pp_prover_count *c = &p->count[i % PP_PROVER_COUNTS];
        if (pp_hash32_eq(&c->program, &t->program_id) && pp_hash32_eq(&c->input, &t->input_id))
            return c;
    }
    return NULL;
}

// What that says of this request. Its job.
static pp_prover_job *know(pp_prover *p, const pp_market_request *r) {
    pp_prover_job *job = job_for(p, &r->id);
    const pp_prover_count *c = job->known ? NULL : count_of(p, &r->terms);
    if (c == NULL) return job;
    job->known = true;
    job->never = c->never;
    if (c->never == NULL && !fits(&r->terms, c->result.output, c->result.output_size))
        job->never = not_run;
    job->work = c->work;
    return job;
}

// The run itself: *held is false where no proof that the network accepts can hold it.
static bool try_run(pp_err *err, pp_prover_run *run, bool *held, const pp_prover *p,
                    const source *from) {
    pp_fit fit = {.fits = true};
    uint64_t begin = pp_clock_ns();
    bool ok = p->works ? pp_works_fit(err, &fit, p->works, from->guest, from->input)
                       : pp_vm_run(err, &fit.result, &from->guest->program, from->input,
                                   &pp_works_limits);
    run->ns = pp_clock_ns() - begin;
    run->result = fit.result;
    *held = fit.fits;
    return ok;
}

// Finds out what it takes: false with *err for want of memory only, and then it is not tried again.
static bool learn(pp_err *err, pp_prover *p, const pp_market_request *r, const source *from) {
    static const char not_held[] =
        "its proof would have more shards of this machine's size than the network takes";
    static const char not_here[] = "memory or disk was short when it was counted";
    pp_prover_run run = {.request = r->id};
    bool held;
    pp_prover_count *c = &p->count[p->counted++ % PP_PROVER_COUNTS];
    *c = (pp_prover_count){
        .program = r->terms.program_id, .input = r->terms.input_id, .never = not_here};
    bool ok = try_run(err, &run, &held, p, from);
    if (ok) {
        c->never = !held ? not_held : !pp_vm_ok(&run.result) ? not_run : NULL;
        c->work = run.result.cycles;
        c->result = run.result;
        if (c->never == NULL && p->works != NULL &&
            !pp_works_count(err, &c->work, p->works, from->guest, from->input)) {
            ok = err->exit_code == PP_EXIT_NO;
            c->never = ok ? not_run : not_here;
        }
    }
    (void)know(p, r);
    if (ok) tell(p, &run);
    return ok;
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

// Price, program and input are on disk before anybody hears of it: a bid is a promise, and the
// chain keeps a batch's input only until that batch is checked, whoever else asks for a run on it.
static bool say_bid(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                    const pp_market_request *r, const source *from, pp_u128 bid) {
    pp_market_command c = {.kind = PP_MARKET_BID, .request = r->id};
    pp_hash32 salt;
    const pp_guest *others = from->guest == p->guest ? NULL : from->guest;
    if (p->held && !r->protocol &&
        !pp_shelf_put(err, p->held, others, &r->terms.input_id, from->input))
        return false;
    if (p->bids && !pp_bids_find(p->bids, &r->id) &&
        !pp_bids_add(err, p->bids, pp_chain_market(chain), &r->id, bid))
        return false;
    salt_of(&salt, p, &r->id);
    pp_market_bid_hash(&c.hash, &r->id, &p->address, bid, &salt);
    say(p, out, chain, &c);
    return true;
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

// Its proof: *proof stays NULL while it is being made, or when it is given up.
static bool prove(pp_err *err, pp_prover *p, pp_prover_job *job, uint8_t **proof, size_t *size,
                  const pp_claim *claim, const source *from) {
    enum { SLOWER = 10, SECONDS = 600 }; // than it measured: then it has failed
    job->kept = true;
    if (p->jobs == NULL)
        return pp_works_prove(err, proof, size, p->works, from->guest, claim, from->input);
    uint64_t limit = SLOWER * pp_wish_time(p, job->work) + SECONDS * 1000000000ULL;
    pp_job_state state =
        pp_jobs_ask(proof, size, p->jobs, from->guest, claim, from->input, job->work, limit);
    job->given_up = state == PP_JOB_FAILED;
    job->why = job->given_up ? "its proof failed three times; proofs/*.log says why" : "proving";
    return true;
}

static bool is_running(const pp_prover *p, const pp_hash32 *running, const pp_hash32 *request) {
    pp_hash32 context;
    if (running == NULL) return false;
    pp_market_context(&context, request, &p->address);
    return pp_hash32_eq(&context, running);
}

// Its proof lies there: whatever else is proven now, it can be delivered.
static bool has_proof(const pp_prover *p, const pp_market_request *r) {
    pp_hash32 context;
    pp_market_context(&context, &r->id, &p->address);
    return p->jobs != NULL && pp_jobs_has(p->jobs, &context);
}

static bool deliver(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                    const pp_market_request *r, const source *from) {
    pp_prover_job *job = know(p, r);
    if (p->jobs && is_running(p, pp_jobs_running(p->jobs), &r->id)) {
        job->why = "proving";
        return true;
    }
    pp_prover_run run = {.delivery = true, .request = r->id};
    uint64_t begin = pp_clock_ns();
    // What was counted need not be run again; where nothing is proven, the run is the work.
    const pp_prover_count *known = p->works ? count_of(p, &r->terms) : NULL;
    if (known != NULL && known->never == NULL)
        run.result = known->result;
    else if (!timed_run(err, &run.result, &run.ns, from->guest, from->input))
        return false;
    bool good = pp_vm_ok(&run.result) && fits(&r->terms, run.result.output, run.result.output_size);
    uint8_t *proof = NULL;
    if (good && p->works != NULL) {
        pp_claim claim = claim_of(p, r, &run.result);
        if (!prove(err, p, job, &proof, &run.proof_size, &claim, from)) return false;
        if (proof == NULL) return true;
        run.ns = pp_clock_ns() - begin;
    }
    job->claims += !p->live; // else the chain tells
    job->why = good ? "delivered" : "declined: its run does not give what is asked for";
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

// Proofs made in place are kept until the chain has taken one for their request.
static void forget(pp_prover *p, const pp_market *m) {
    for (size_t i = 0; i < PP_PROVER_JOBS; i++) {
        pp_prover_job *job = &p->job[i];
        if (!job->kept || p->jobs) continue;
        const pp_market_request *r = pp_market_find_request(m, &job->request);
        if (r != NULL && !r->proven && !pp_market_state_is_terminal(r->state)) continue;
        pp_hash32 context;
        pp_market_context(&context, &job->request, &p->address);
        pp_works_forget(p->works, &context);
        job->kept = false;
    }
}

// ---- what to do now ---------------------------------------------------------------------------

// Whether it would sell this one in the open, if it pays enough.
static bool is_sale(const pp_prover *p, const pp_market_request *r) {
    return r->state == PP_MARKET_OPEN && !r->proven && p->rescue_percent > 0 && !p->rests;
}

static bool is_bidding(const pp_market *m, const pp_market_request *r, const pp_market_account *me,
                       uint64_t next) {
    return r->state == PP_MARKET_COMMIT && next <= pp_market_commit_end(r) &&
           pp_wish_commit(m, r, me) == NULL;
}

// Opens what it has sealed: the price is on disk, and neither program nor run is needed for it.
// Where others make the time, not before the chain says that no more bids are taken: they could
// come after.
static bool open_bid(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                     const pp_market_request *r, const pp_market_account *me, uint64_t next) {
    const pp_market_commit *mine = pp_wish_commit(pp_chain_market(chain), r, me);
    bool revealing = (r->state == PP_MARKET_REVEAL && !r->drawing) ||
                     (!p->live && r->state == PP_MARKET_COMMIT && next > pp_market_commit_end(r));
    if (!revealing || mine == NULL || mine->revealed || next > pp_market_reveal_end(r)) return true;
    pp_prover_job *job = know(p, r);
    const pp_u128 *sealed = p->bids ? pp_bids_find(p->bids, &r->id) : NULL;
    pp_u128 bid;
    if (sealed == NULL) { // then it is what it costs, as it was when it was sealed
        source from;
        if (!source_of(&from, p, chain, r)) return true;
        if (!job->known && !learn(err, p, r, &from)) return false;
        if (job->never != NULL || !pp_prover_cost(&bid, p->secret, job->work)) return true;
    }
    job->why = "opens its bid";
    say_open_bid(p, out, chain, r, sealed ? *sealed : bid);
    return true;
}

// What one that is not counted yet would bring, where it would bid for it or sell it; else 0.
static pp_u128 worth(const pp_prover *p, const pp_chain *chain, const pp_market_request *r,
                     const pp_market_account *me, uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    const pp_prover_job *job = pp_prover_job_of(p, &r->id);
    if (job && job->known) return 0;
    if (!pp_wish_is_paid(chain, r)) return 0;
    if (is_sale(p, r)) return pp_market_open_price(r, next);
    bool bids = is_bidding(m, r, me, next) && !p->rests && pp_wish_no_bid(p, m, r, me) == NULL;
    return bids ? r->terms.reserve : 0;
}

// Counts runs that were not counted yet, what brings most first, and of equals a rollup's. Where
// time passes meanwhile, for a while only: whoever asks for much and pays little makes nobody late,
// and who asks for the same again and again has nothing counted again.
static bool count(pp_err *err, pp_prover *p, const pp_chain *chain, const pp_market_account *me,
                  uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    const uint64_t begin = pp_clock_ns();
    for (;;) {
        const pp_market_request *best = NULL;
        pp_u128 most = 0;
        source from, of;
        for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
            pp_u128 brings = worth(p, chain, r, me, next);
            if (brings == 0 || brings < most ||
                (brings == most && (best == NULL || !r->protocol)) ||
                !source_of(&of, p, chain, r) || know(p, r)->known)
                continue;
            best = r;
            most = brings;
            from = of;
        }
        if (best == NULL) return true;
        if (!learn(err, p, best, &from)) return false;
        if (p->live && pp_clock_ns() - begin >= p->count_ns) return true;
    }
}

static bool bid(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                const pp_market_request *r, const pp_market_account *me, uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    source from;
    if (!is_bidding(m, r, me, next) || !source_of(&from, p, chain, r)) return true;
    pp_prover_job *job = know(p, r);
    const pp_u128 *sealed = p->bids ? pp_bids_find(p->bids, &r->id) : NULL;
    const uint64_t interval = pp_chain_genesis(chain)->block_interval;
    pp_u128 price;
    if ((job->why = pp_wish_no_bid(p, m, r, me)) != NULL) return true;
    job->why = job->known ? job->never : "is not counted yet: others bring more";
    // The chain may have forgotten a batch's input by then, and nobody could run it again.
    if (job->why == NULL && p->works == NULL && !r->protocol)
        job->why = "not a rollup's own, and no proof would tell";
    if (job->why == NULL && !pp_wish_is_paid(chain, r)) job->why = not_paid;
    if (job->why != NULL) return true;
    if (sealed)
        price = *sealed; // the chain has not heard of it
    else if (!pp_prover_cost(&price, p->secret, job->work))
        return true;
    if ((job->why = pp_wish_no_price(p, m, r, me, job, price, interval)) != NULL) return true;
    if (!say_bid(err, p, out, chain, r, &from, price)) return false;
    job->why = "sealed a bid";
    pp_wish_say(p, m, r, job);
    return true;
}

// Whether it would prove this one in the open for what it pays.
static bool sells(pp_prover *p, const pp_chain *chain, const pp_market_request *r,
                  const pp_market_account *me, uint64_t next) {
    pp_u128 cost;
    if (!is_sale(p, r)) return false;
    pp_prover_job *job = know(p, r);
    if (!pp_wish_is_paid(chain, r)) job->why = not_paid;
    if (!pp_wish_is_paid(chain, r)) return false;
    job->why = job->known ? job->never : "open, and not counted yet: others bring more";
    if (job->why == NULL && me->free < p->delivery_wei)
        job->why = "open, and its free balance does not cover a proof's fee and bond";
    if (job->why != NULL || !pp_prover_cost(&cost, p->secret, job->work)) return false;
    bool yes = pp_market_open_price(r, next) >=
               cost / 100 * p->rescue_percent + cost % 100 * p->rescue_percent / 100;
    job->why =
        yes ? "open: it comes after what is proven now" : "open, and pays less than it would take";
    return yes;
}

// Whether nothing more is tried for it.
static bool is_over(pp_prover *p, const pp_hash32 *request) {
    const pp_prover_job *known = pp_prover_job_of(p, request);
    if (known == NULL) return false;
    if (known->claims >= PP_PROVER_TRIES)
        job_for(p, request)->why = "three claims for it were refused";
    return known->given_up || known->claims >= PP_PROVER_TRIES;
}

// Of what sells in the open each prover begins elsewhere, so that not all prove the same first.
static bool comes_before(const pp_prover *p, const pp_market_request *a,
                         const pp_market_request *b) {
    pp_hash32 x, y;
    pp_market_context(&x, &a->id, &p->address);
    pp_market_context(&y, &b->id, &p->address);
    return memcmp(x.b, y.b, sizeof x.b) < 0;
}

// Gives up what it is drawn for where that costs less than to be late: what somebody else has
// proven already, once its own proof will not be there in time; what cannot be proven here, while
// it may still decline. True when that is said.
static bool let_go(pp_prover *p, pp_outbox *out, const pp_chain *chain, const pp_market_request *r,
                   bool can, uint64_t next) {
    const uint64_t soon = next + 2 * pp_chain_market(chain)->params.inclusion_bound +
                          pp_chain_genesis(chain)->block_interval;
    bool release = r->insured && !has_proof(p, r) && (!can || p->rests || soon >= r->deadline);
    bool decline = !can && !r->claimed && next <= r->assigned + r->terms.decline_window;
    if (!release && !decline) return false;
    pp_market_command c = {.kind = release ? PP_MARKET_RELEASE : PP_MARKET_DECLINE,
                           .request = r->id};
    job_for(p, &r->id)->why =
        release ? "let go: somebody else has proven it" : "declined: it cannot be proven here";
    say(p, out, chain, &c);
    return true;
}

// The next proof to make: what it is bound to and due first, else what sells in the open. What runs
// is ended when nothing asks for it any more, or when it could only be sold and something is due.
// What is made is delivered first, so that the next one begins in the same act.
static bool work(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                 const pp_market_account *me, uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    enum { SPREAD = 3 }; // the oldest come first: roots advance in order
    const pp_market_request *due = NULL, *sale = NULL;
    unsigned sales = 0;
    const pp_hash32 *running = p->jobs ? pp_jobs_running(p->jobs) : NULL;
    bool runs_due = false, runs_sale = false;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        source from;
        bool here = source_of(&from, p, chain, r), bound = pp_wish_is_primary(m, r, me);
        bool can = here && !is_over(p, &r->id);
        if (bound && let_go(p, out, chain, r, can, next)) continue;
        if (!can) continue;
        if (!bound && !sells(p, chain, r, me, next)) continue;
        if (p->jobs == NULL || has_proof(p, r)) {
            if (!deliver(err, p, out, chain, r, &from)) return false;
            continue;
        }
        bool mine = is_running(p, running, &r->id);
        if (bound) {
            runs_due |= mine;
            if (due == NULL || r->deadline < due->deadline) due = r;
            continue;
        }
        runs_sale |= mine;
        bool better = sale == NULL || (sales < SPREAD && comes_before(p, r, sale));
        if (mine || (!runs_sale && better)) sale = r;
        sales++;
    }
    if (p->jobs == NULL) return true;
    if (running != NULL && !runs_due && (!runs_sale || due != NULL)) pp_jobs_drop(p->jobs);
    const pp_market_request *r = due ? due : sale;
    if (r == NULL || (pp_jobs_running(p->jobs) && !is_running(p, &p->jobs->context, &r->id)))
        return true;
    source from;
    return !source_of(&from, p, chain, r) || deliver(err, p, out, chain, r, &from);
}

// Of proofs, what belongs to open requests stays.
static void keep(const pp_prover *p, const pp_market *m, const pp_market_account *me) {
    pp_hash32 *contexts = calloc(m->open_len + 1, sizeof *contexts);
    PP_ASSERT(contexts != NULL);
    size_t len = 0;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;)
        if (!r->proven || pp_wish_is_primary(m, r, me))
            pp_market_context(&contexts[len++], &r->id, &p->address);
    pp_jobs_keep(p->jobs, contexts, len);
    free(contexts);
}

// Of what it has bid for, program and input stay while it may have to prove it.
static void hold(const pp_prover *p, const pp_market *m, const pp_market_account *me) {
    pp_shelf_look(p->held);
    if (p->held->programs_len + p->held->inputs_len == 0) return;
    pp_hash32 *ids = calloc(2 * (size_t)m->open_len + 1, sizeof *ids);
    PP_ASSERT(ids != NULL);
    size_t len = 0;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        bool auction = r->state == PP_MARKET_COMMIT || r->state == PP_MARKET_REVEAL;
        bool sealed = auction && p->bids && pp_bids_find(p->bids, &r->id);
        const pp_market_commit *mine = pp_wish_commit(m, r, me);
        bool may_be_drawn = mine != NULL && mine->held > 0;
        if (!sealed && !may_be_drawn && !pp_wish_is_primary(m, r, me)) continue;
        ids[len++] = r->terms.program_id;
        ids[len++] = r->terms.input_id;
    }
    pp_shelf_keep(p->held, ids, len);
    free(ids);
}

// The first sentence is the one that is told.
static void note(pp_err *err, bool *ok, bool now, const pp_err *why) {
    if (*ok && !now) *err = *why;
    *ok = *ok && now;
}

bool pp_prover_act(pp_err *err, pp_prover *p, pp_outbox *out, const pp_chain *chain,
                   uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    const pp_market_account *me = pp_market_find_account(m, &p->address);
    if (me == NULL) return true;
    if (p->shelf) pp_shelf_look(p->shelf);
    if (p->held) hold(p, m, me);
    p->said = (pp_prover_said){.slots = 0};
    note_fees(p, chain);
    if (p->jobs)
        keep(p, m, me);
    else
        forget(p, m);
    // What was promised comes first, and what fails at one request keeps nobody from the others.
    pp_err inner;
    bool ok = true, now;
    const pp_market_request *r = NULL;
    while ((r = pp_market_open_after(m, r)) != NULL) {
        now = open_bid(&inner, p, out, chain, r, me, next);
        note(err, &ok, now, &inner);
    }
    // A proof that is made stands before new bids: what is said comes in order.
    if (p->jobs) {
        now = work(&inner, p, out, chain, me, next);
        note(err, &ok, now, &inner);
    }
    now = count(&inner, p, chain, me, next);
    note(err, &ok, now, &inner);
    while ((r = pp_market_open_after(m, r)) != NULL) {
        now = bid(&inner, p, out, chain, r, me, next);
        note(err, &ok, now, &inner);
    }
    if (p->jobs) return ok;
    now = work(&inner, p, out, chain, me, next);
    note(err, &ok, now, &inner);
    return ok;
}

void pp_prover_refused(pp_prover *p, const pp_hash32 *request) {
    job_for(p, request)->claims++;
}

void pp_prover_save(pp_wire *out, const pp_prover *p) {
    for (size_t i = 0; i < PP_PROVER_JOBS; i++)
        for (unsigned n = 0; n < p->job[i].claims && n < PP_PROVER_TRIES; n++)
            pp_wire_hash(out, &p->job[i].request);
}

bool pp_prover_load(pp_prover *p, pp_bytes saved) {
    if (saved.size % 32 != 0 || saved.size / 32 > PP_PROVER_JOBS * PP_PROVER_TRIES) return false;
    for (size_t at = 0; at < saved.size; at += 32) {
        pp_hash32 request;
        memcpy(request.b, saved.data + at, 32);
        pp_prover_refused(p, &request);
    }
    return true;
}
