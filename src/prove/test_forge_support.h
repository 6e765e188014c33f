// SPDX-License-Identifier: MIT OR Apache-2.0
// Tools of the forgery tests: complete proofs of traces and statements that are not so, by the real
// prover, which checks nothing; and machines with a constraint less, which accept what the whole
// one rejects.
#ifndef PP_PROVE_TEST_FORGE_SUPPORT_H
#define PP_PROVE_TEST_FORGE_SUPPORT_H

#include "prove/examples/examples.h"
#include "verify/verify.h"

extern const pp_hash32 forge_context; // of all these proofs

// A proof of e's trace with `machine` instead of e's own, verified for `judge`.
pp_verify_status forge_try(const pp_example *e, const pp_machine *machine, const pp_machine *judge,
                           const pp_hash32 *vm_id, const pp_fp *publics, const uint32_t *rows);
// A proof of e's trace as it is. And: does the checker accept the trace for m?
pp_verify_status forge_honest(const pp_example *e);
bool forge_accepts(const pp_example *e, const pp_machine *m);
// Does that row alone break a constraint of its table?
bool forge_breaks_row(const pp_example *e, uint32_t table, uint32_t row);

// The long form: PP_FORGE=all, in the soak.
bool forge_thorough(void);

// A copy of m whose table has no constraint k (k >= 0) or no interaction i (k < 0).
typedef struct forge_cut {
    pp_machine m;
    pp_air_table tables[PP_AIR_TABLES_MAX];
    uint64_t *code;
    pp_air_interaction *interactions;
} forge_cut;
void forge_without(forge_cut *out, const pp_machine *m, uint32_t table, int constraint,
                   int interaction);
void forge_cut_free(forge_cut *c);

// If the trace breaks one constraint and nothing else, covered[] gets it. With `prove`, by whole
// proofs: the machine rejects, the one without the constraint accepts.
void forge_cover(const pp_example *e, uint32_t table, bool *covered, bool prove);

#endif
