// SPDX-License-Identifier: MIT OR Apache-2.0
// What a host hands a chain to check with: the preflight of batches, and the check of claims that
// genesis names. Where that is a proof, what has passed it is proven. Where genesis says so, it is
// a re-execution: the program is run again on the published input and its output compared; what has
// passed is called re-executed, and such a claim's proof must be empty, so that it has one form.
#ifndef PP_HOST_CHECKS_H
#define PP_HOST_CHECKS_H

#include "chain/chain.h"
#include "host/guest.h"
#include "host/past.h"
#include "host/proofs.h"

// Longest run that a check follows; a program that takes more fails its check, on every machine.
#define PP_CHECKS_CYCLES_MAX ((uint64_t)1 << 32)

#define PP_CHECKS_SHARD_NS ((uint64_t)50000000)

typedef enum pp_checks_kind {
    PP_CHECKS_PREFLIGHT,   // a run of the guest, before a batch is offered; its shards are counted
    PP_CHECKS_RE_EXECUTED, // likewise, of a claim
    PP_CHECKS_VERIFIED,    // of a claim's proof
} pp_checks_kind;

// One check, for those who watch.
typedef struct pp_checks_one {
    pp_checks_kind kind;
    bool yes;            // the run halted with code 0 and this very output; the proof is one
    const char *why;     // a no's reason: a clause, static
    uint64_t shards;     // of the run, where proofs are demanded
    pp_bytes output;     // the one that is claimed
    pp_vm_result result; // of a run
    size_t proof_size;
    bool before; // not made now: what this host's check has said before a restart
    uint64_t ns; // wall time
} pp_checks_one;

// Must stay where it is while its chain lives.
typedef struct pp_checks {
    const pp_chain *chain; // whose published inputs claims are about
    pp_guest batch;        // the one program this host can run
    pp_proofs proofs;      // open where genesis demands them
    uint64_t shard_ns;     // what verifying a proof's shard takes here, the dear ones more than the
                           // cheap ones; PP_CHECKS_SHARD_NS before there was any
    pp_past *past;         // of this host; NULL: nothing is believed
    pp_err failed;         // exit_code != 0: a run failed for want of memory, and a check that the
                           // chain took for a no was none; the block must not be committed
    void (*on_check)(void *ctx, const pp_checks_one *one); // NULL: nobody watches
    void *check_ctx;
} pp_checks;

void pp_checks_init(pp_checks *checks);
// Fills in the environment of a chain. It can be made with it, and executes its first block after
// pp_checks_begin.
void pp_checks_env(pp_chain_env *env, pp_checks *checks, pp_store *store);
// Gets ready for this chain's claims. False with a sentence, exit code 2, when this program does
// not know its machine or its rollups' guest (the log may well be right, for another version of
// this program), or when genesis lets batches grow beyond what its proofs can hold (host/fit.h).
PP_NODISCARD bool pp_checks_begin(pp_err *err, pp_checks *checks, const char *name,
                                  const pp_chain *chain);
void pp_checks_end(pp_checks *checks); // harmless before begin

#endif
