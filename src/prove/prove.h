// SPDX-License-Identifier: MIT OR Apache-2.0
// The prover of one shard: a trace of a machine in, proof bytes out. Native.
//
// It checks nothing about the trace: from one that the machine does not accept it makes complete
// proof bytes that the verifier rejects (air/check.h says what is wrong with a trace). The same
// bytes come out of every instruction set and number of threads.
#ifndef PP_PROVE_PROVE_H
#define PP_PROVE_PROVE_H

#include "air/layout.h"
#include "cpu/threads.h"
#include "pcs/prover.h"

// The layout that a shard of the parameter set has for these numbers of rows (air/layout.h).
PP_NODISCARD pp_layout_status pp_prove_layout(pp_layout *out, const pp_machine *machine,
                                              const uint32_t *rows, const pp_pcs_params *set);

// Seconds of the parts, for benchmarks.
typedef struct pp_prove_times {
    double commit, grind, buses, tables, open; // grind: all grinding, and in no other
} pp_prove_times;
void pp_prove_times_add(pp_prove_times *sum, const pp_prove_times *more);

typedef struct pp_prove_input {
    const pp_machine *machine;
    const pp_hash32 *vm_id; // pp_machine_id of it
    const pp_pcs_params *set;
    const pp_hash32 *context; // 32 bytes that the proof is bound to
    const uint32_t *rows;     // canonical (pp_layout_round), one a table
    const pp_fp *stack;       // 2^log_cells elements as pp_prove_layout says
    const pp_fp *publics;     // the machine's publics_len
    pp_threads *pool;         // NULL: one thread
    pp_prove_times *times;    // NULL: not wanted
    // Told the share of the work that is done, now and then, in the caller's thread; NULL: nobody
    // is.
    void (*progress)(void *ctx, double share);
    void *progress_ctx;
    // Called when only the opening is left, for which a half of the memory is enough; NULL: nobody.
    void (*opening)(void *ctx);
    void *opening_ctx;
} pp_prove_input;

// Makes the proof: *out is malloc'ed, the caller frees it. False with *err when the rows are not
// canonical or too many for the set, or memory is short.
PP_NODISCARD bool pp_prove_shard(pp_err *err, uint8_t **out, size_t *size,
                                 const pp_prove_input *input);

#endif
