// SPDX-License-Identifier: MIT OR Apache-2.0
// The polynomial commitment: WHIR (eprint 2024/1586) over interleaved Reed–Solomon codes. This
// header: parameter sets, statements, the verifier. Pure, no heap. The prover: pcs/prover.h; the
// proven bits of a parameter set: pcs/soundness.h and docs/soundness.md; the normative text:
// spec/pcs.md.
//
// Committed is one vector f of 2^m base elements ("cells", the stack of air/layout.h), seen as the
// multilinear polynomial with these values (index Σ x_i 2^i, poly/mle.h). What can be proven
// of it is one linear functional
//     Σ_groups Σ_terms coeff · piece(point_0, …, point_{h−1}) = target,
// where a term's piece is the 2^h cells from its offset on, seen as a multilinear polynomial of h
// variables. All terms of a group share their point.
#ifndef PP_PCS_PCS_H
#define PP_PCS_PCS_H

#include "transcript/transcript.h"

// ---- Parameter sets

enum {
    PP_PCS_ROUNDS_MAX = 6,     // WHIR iterations: committed codewords
    PP_PCS_LOG_CELLS_MAX = 28, // of any set
    PP_PCS_FOLD_MAX = 7,       // log2 of the columns of a codeword
    PP_PCS_LOG_FINAL_MAX = 8,  // log2 of the elements sent in clear at the end
    PP_PCS_QUERIES_MAX = 320,
    PP_PCS_OOD_MAX = 2,
};

// One iteration: a codeword, its folding, the queries to it. What the numbers are worth is computed
// in pcs/soundness.h.
typedef struct pp_pcs_round {
    uint8_t fold;       // k: 2^k columns, folded into one by k sum-check rounds
    uint8_t log_blowup; // the code's rate is 2^−log_blowup
    uint8_t
        multiplicity; // 0: unique decoding; M ≥ 3: up to 1 − √ρ (1 + 1/M) (BCHKS25, Theorem 4.6)
    uint8_t ood;      // out-of-domain samples after its root; none in unique decoding
    uint16_t queries;
    uint8_t query_grind; // bits of grinding before the queries
    uint8_t fold_grind;  // bits before each folding challenge at log_cells_max; see _fold_grind
} pp_pcs_round;

typedef struct pp_pcs_params {
    const char *name;
    uint32_t id; // absorbed; one number, one meaning, for ever
    uint8_t log_cells_min, log_cells_max;
    uint8_t log_final; // at most 2^log_final elements are sent in clear
    bool secure;       // false: for tests only; a verifier refuses it unless asked
    uint8_t rounds_len;
    pp_pcs_round rounds[PP_PCS_ROUNDS_MAX]; // as many as the number of cells asks for are used
} pp_pcs_params;

// fast: rate 1/2, for shards; small: rate 1/4, for last layers; test: weak on purpose.
extern const pp_pcs_params pp_pcs_fast, pp_pcs_small, pp_pcs_test;
// All sets, a NULL last; and the one of this name, or NULL.
extern const pp_pcs_params *const pp_pcs_sets[];
const pp_pcs_params *pp_pcs_find(const char *name);

// The iterations used for 2^log_cells cells, and the variables left before iteration i (log_cells
// for i = 0); with i = their number, the variables of the vector sent in clear.
unsigned pp_pcs_rounds(const pp_pcs_params *p, unsigned log_cells);
unsigned pp_pcs_vars(const pp_pcs_params *p, unsigned log_cells, unsigned i);
// Grinding bits before each folding challenge of iteration i: a code half as long errs half as
// often, so each halving of the cells saves a bit.
unsigned pp_pcs_fold_grind(const pp_pcs_params *p, unsigned log_cells, unsigned i);
// log2 of the rows (leaves) of codeword i.
static inline unsigned pp_pcs_log_rows(const pp_pcs_params *p, unsigned log_cells, unsigned i) {
    return pp_pcs_vars(p, log_cells, i + 1) + p->rounds[i].log_blowup;
}

// ---- Statements

typedef struct pp_pcs_term {
    uint64_t offset;  // a multiple of 2^log_len; offset + 2^log_len ≤ 2^log_cells
    uint32_t log_len; // h, from the set's rounds[0].fold to log_cells
    pp_ext coeff;
} pp_pcs_term;

typedef struct pp_pcs_group {
    const pp_ext *point;      // point[i] belongs to variable i; as many as the longest term has
    const pp_pcs_term *terms; // at least one; quickest when those of one length stand together
    size_t terms_len;
} pp_pcs_group;

enum { PP_PCS_GROUPS_MAX = 4 };

// ---- The verifier

typedef enum pp_pcs_status {
    PP_PCS_OK = 0,
    PP_PCS_SIZE,      // log_cells outside the set's range
    PP_PCS_STATEMENT, // a term is not aligned, too short or outside; or too many groups
    PP_PCS_WORK,      // the workspace is too small
    PP_PCS_FORMAT,    // the proof ends too soon or holds a number of p or more
    PP_PCS_NONCE,     // a grinding nonce does not do
    PP_PCS_MERKLE,    // opened rows do not belong to the root
    PP_PCS_QUERY,     // a row of the last codeword is not the final vector's
    PP_PCS_CLAIM,     // the final vector does not fulfil the claim
} pp_pcs_status;
const char *pp_pcs_status_text(pp_pcs_status status);

// A commitment as the verifier keeps it.
typedef struct pp_pcs_commitment {
    const pp_pcs_params *params;
    unsigned log_cells;
    pp_digest root;
    pp_ext ood_point[PP_PCS_OOD_MAX][PP_PCS_LOG_CELLS_MAX];
    pp_ext ood_value[PP_PCS_OOD_MAX];
} pp_pcs_commitment;

// Reads the root (and out-of-domain values) from the proof, absorbing the set's id and log_cells
// before. The transcript must hold everything that the commitment may not depend on afterwards.
PP_NODISCARD pp_pcs_status pp_pcs_receive(pp_pcs_commitment *c, const pp_pcs_params *params,
                                          unsigned log_cells, pp_transcript *t);

// Checks an opening. Everything that fixes groups and target must have been absorbed before, or be
// made of challenges and of values that were: the statement itself is not absorbed here. `work` is
// pp_pcs_work_size bytes, aligned to 8. Reads exactly the opening's bytes; that nothing follows
// them is for the caller to check (pp_transcript_end).
PP_NODISCARD pp_pcs_status pp_pcs_verify(const pp_pcs_commitment *c, const pp_pcs_group *groups,
                                         size_t groups_len, pp_ext target, pp_transcript *t,
                                         void *work, size_t work_size);
size_t pp_pcs_work_size(const pp_pcs_params *params, unsigned log_cells);

// The most bytes that commitment and opening can add to a proof.
size_t pp_pcs_proof_size_max(const pp_pcs_params *params, unsigned log_cells);

// Are the statement's terms well formed for this set and size?
PP_NODISCARD bool pp_pcs_statement_ok(const pp_pcs_params *params, unsigned log_cells,
                                      const pp_pcs_group *groups, size_t groups_len);

#endif
