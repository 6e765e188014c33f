// SPDX-License-Identifier: MIT OR Apache-2.0
// The check by re-execution: what a network accepts as long as nothing is proven. A claim says that
// a program, run on a published input, writes this output; the check runs it and compares. What
// has passed is called re-executed. A claim's proof must be empty, so that a claim has one form.
#ifndef PP_HOST_REEXEC_H
#define PP_HOST_REEXEC_H

#include "chain/chain.h"
#include "host/guest.h"

// Longest run that a check follows; a program that takes more fails its check, on every machine.
#define PP_REEXEC_CYCLES_MAX ((uint64_t)1 << 32)

// One run, for those who watch.
typedef struct pp_reexec_run {
    bool preflight;  // before a batch is offered; else the check of a claim
    bool agrees;     // it halted with code 0 and wrote this very output
    pp_bytes output; // the one compared with
    pp_vm_result result;
    uint64_t ns; // wall time
} pp_reexec_run;

// Must stay where it is while its chain lives.
typedef struct pp_reexec {
    const pp_chain *chain; // whose published inputs claims are about; set when it is made
    pp_guest batch;        // the one program this host can run
    pp_err failed;         // exit_code != 0: a run failed for want of memory, and a check that the
                           // chain took for a no was none; the block must not be committed
    void (*on_run)(void *ctx, const pp_reexec_run *run); // NULL: nobody watches
    void *run_ctx;
} pp_reexec;

void pp_reexec_init(pp_reexec *reexec);
// Whether this program can run what the network claims: its machine, and its rollups' one guest.
// False with a sentence, exit code 2: the log may well be right, for another version of this
// program.
PP_NODISCARD bool pp_reexec_knows(pp_err *err, const pp_reexec *reexec, const char *name,
                                  const pp_genesis *genesis);
// Fills in the environment of a chain that checks by re-execution.
void pp_reexec_env(pp_chain_env *env, pp_reexec *reexec, pp_store *store);

#endif
