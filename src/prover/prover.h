// SPDX-License-Identifier: MIT OR Apache-2.0
// One seller of the market: finds out what a batch costs it, bids that, sealed, opens its bid, and
// when it is drawn runs the guest, proves the run where the network demands it, and delivers the
// claim. All it does follows from the chain's state and its secrets, so it can be stopped at any
// moment and started again.
//
// It bids its cost because that is what pays best in this market (docs/market.md, R2).
#ifndef PP_PROVER_PROVER_H
#define PP_PROVER_PROVER_H

#include "chain/wire.h"
#include "host/outbox.h"
#include "prover/bids.h"
#include "prover/jobs.h"
#include "prover/secrets.h"
#include "prover/shelf.h"
#include "prover/works.h"

// One run of the guest by a prover, for those who watch.
typedef struct pp_prover_run {
    bool delivery; // the work itself; else the run before a bid that finds out the cost
    pp_hash32 request;
    pp_vm_result result;
    size_t proof_size; // of a delivery where proofs are demanded
    uint64_t ns;       // wall time, the proof's too where it is made in place
} pp_prover_run;

enum {
    PP_PROVER_JOBS = 1024,  // requests that it remembers
    PP_PROVER_COUNTS = 256, // runs that it remembers
    PP_PROVER_TRIES = 3,    // claims for one request: each that is refused burns a bond
};

// What a run takes: the same for all requests that ask for it.
typedef struct pp_prover_count {
    pp_hash32 program, input;
    const char *never; // why it cannot be proven here, static; NULL: it can be
    uint64_t work;
    pp_vm_result result;
} pp_prover_count;

// What it knows of one request. Forgetting costs a run of the guest, nothing else.
typedef struct pp_prover_job {
    pp_hash32 request;
    bool known;        // the two below
    const char *never; // why it cannot be proven here, static; NULL: it can be
    uint64_t work;
    unsigned claims; // delivered so far; where it is live, those that the market has refused
    bool given_up;   // its proof failed too often: nothing is tried any more
    bool kept;       // its proof lies in the works' folder
    const char *why; // what it does about it, or why it does nothing; static, for people
} pp_prover_job;

// What it has bound itself to in this act, beside what the chain says.
typedef struct pp_prover_said {
    pp_u128 stake, bonds;
    uint64_t ns;
    uint32_t slots;
} pp_prover_said;

typedef struct pp_prover pp_prover;
struct pp_prover {
    pp_address address;
    const pp_prover_secret *secret; // borrowed
    const pp_guest *guest;          // borrowed
    pp_works *works;                // borrowed; NULL: the network runs the guest again
    pp_shelf *shelf; // other programs, and inputs that no rollup has published; NULL: none
    pp_shelf *held;  // program and input of what it has bid for, where others may take them away:
                     // all but a rollup's own requests; NULL: they stay as long as it lives
    // Proofs are made beside it, one at a time, by processes: a delivery comes when its proof is
    // there, and what it is bound to goes before what it may sell. NULL: in place.
    pp_jobs *jobs;
    pp_bids *bids; // keeps the prices of sealed bids; NULL: what a unit costs never changes
    // Time passes while it works: what it counts in one act is limited, and it hears from its chain
    // which of its claims were refused.
    bool live;
    uint64_t count_ns; // where it is live: it counts for so long an act, one run at least
    // What its operator wants.
    bool rests;              // nothing new: no bids, no sales; what it is bound to is done
    uint32_t rescue_percent; // sells in the open from this part of its cost on; 0: never
    pp_u128 loss_max;        // wei that may be at stake at one time; 0: no limit
    pp_prover_said said;
    // What the chain asks for at this act, wei: the fees of sealing a bid and of opening it, paid
    // whoever wins; and what a proof sold in the open takes until it is accepted, fee and bond.
    pp_u128 bid_fee, delivery_wei;
    size_t known; // requests ever; the last ones are kept
    pp_prover_job job[PP_PROVER_JOBS];
    size_t counted; // runs ever, likewise
    pp_prover_count count[PP_PROVER_COUNTS];
    void (*on_run)(void *ctx, const pp_prover *prover, const pp_prover_run *run); // or NULL
    void *run_ctx;
};

// False when the key is none. Its operator's wishes are: everything, at cost.
PP_NODISCARD bool pp_prover_init(pp_prover *prover, const pp_prover_secret *secret,
                                 const pp_guest *guest, pp_works *works);

// What it has to say in the next block, whose market time will be `next`: added to the outbox.
// Where that is a delivery, and jobs is NULL, it makes the proof first. False with one sentence
// when a run or a proof failed for want of memory or disk: all else is in the outbox.
PP_NODISCARD bool pp_prover_act(pp_err *err, pp_prover *prover, pp_outbox *out,
                                const pp_chain *chain, uint64_t next);

// A claim of its for this request was refused by the market: after PP_PROVER_TRIES it makes no
// more.
void pp_prover_refused(pp_prover *prover, const pp_hash32 *request);
// Which of them were refused, as a snapshot keeps it: each has cost a bond, and a restart allows no
// more. False when saved is nothing of the kind.
void pp_prover_save(pp_wire *out, const pp_prover *prover);
PP_NODISCARD bool pp_prover_load(pp_prover *prover, pp_bytes saved);

// What it knows of a request, NULL where it has forgotten it, or never seen it.
const pp_prover_job *pp_prover_job_of(const pp_prover *prover, const pp_hash32 *request);

// What so much work costs, in wei, rounded up: work x ps_per_work x wei_per_second. False when
// that is above what a bid can be.
PP_NODISCARD bool pp_prover_cost(pp_u128 *out, const pp_prover_secret *secret, uint64_t work);

// Bytes of the two commands that seal a bid and open it: their fee is paid whoever wins.
size_t pp_prover_bid_bytes(void);

// The work of the guest's run on an input, the same on every machine: what proving it takes
// (prove/cost.h), or where works is NULL its cycles. False with one sentence when it cannot be run,
// or does not halt with code 0.
PP_NODISCARD bool pp_prover_work(pp_err *err, uint64_t *work, const pp_works *works,
                                 const pp_guest *guest, pp_bytes input);
// Times the guest on an input: picoseconds for a cycle, at least 1, best of so many runs (> 0).
// False as pp_prover_work.
PP_NODISCARD bool pp_prover_measure(pp_err *err, uint64_t *ps_per_cycle, const pp_guest *guest,
                                    pp_bytes input, unsigned runs);

#endif
