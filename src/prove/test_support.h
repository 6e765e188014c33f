// SPDX-License-Identifier: MIT OR Apache-2.0
// What the tests of proof files share: a machine, a set and a policy; and the malicious prover,
// which is the real one with its checks off and a lie put between any two of its steps.
#ifndef PP_PROVE_TEST_SUPPORT_H
#define PP_PROVE_TEST_SUPPORT_H

#include "prove/claim.h"
#include "rv64/test_support.h"
#include "verify/claim.h"

// Made once, never freed. A test that changes `set` puts it back.
typedef struct world {
    pp_hash32 vm_id, context;
    pp_verify_policy policy;
    const pp_machine *machine;
    const pp_pcs_params *set;
    void *work;
    size_t work_size;
} world;
world *the_world(void);

// pp_claim_verify by the world's policy, and by another.
pp_claim_status verify(pp_claim *claim, const uint8_t *bytes, size_t size);
pp_claim_status verify_by(const pp_verify_policy *policy, pp_claim *claim, const uint8_t *bytes,
                          size_t size);
pp_prove_with with_of(uint32_t log_cells);

// ---- the malicious prover -----------------------------------------------------------------------

// A program with loads, stores, calls and jumps, its one shard, and all that is proven of it.
typedef struct victim {
    uint32_t words[512];
    size_t words_len;
    uint8_t *file;
    pp_program program;
    pp_bytes input;
    pp_prove_with with;
    pp_vm_shard shard;
    pp_trace trace;
    uint8_t head[PP_PROOF_HEAD_MAX];
    size_t head_size;
    pp_claim_job job; // its trace is not used
    // Where instructions stand that lies look for, as numbers of words: a load from a page of its
    // own and two that do nothing; lui x14, addi x13, x13, 0, and addi x19, x0, 1, whose branch
    // decides nothing; a fence, with x16 = 1; li a0, 0 before halt.
    size_t spare, constant, nothing, last_a0;
} victim;

// What the program does beside.
enum {
    WITH_KECCAK = 1,      // a call of keccak-f
    WITH_LONG_LOOP = 2,   // so long that registers are carried on in time
    WITH_FULL_OUTPUT = 4, // 256 bytes of output, then a write of none
    WITH_LONG_TEXT = 8,   // the text has a second page, which nothing opens
    WITH_HASHES = 32,     // at VICTIM_HASHES
    WITH_WIDE = 16,       // 2 * 3 + 4 mod 7; points (3, 4) plus (1, 2), and doubled
};

// Poseidon2 of 24 elements, there; of two digests behind them and the tag 17, to a third place; of
// the block behind that SHA-256's compression, twice into one state.
#define VICTIM_HASHES (GENERATE_DATA + 128)
enum {
    VICTIM_NODE = 96,
    VICTIM_NODE_OUT = VICTIM_NODE + 80,
    VICTIM_BLOCK = VICTIM_NODE_OUT + 40,
    VICTIM_STATE = VICTIM_BLOCK + 64
};

// The steps of a proof: the plan; the run written down; its rows and roots; the proof file. Between
// them anything may be changed: v->shard; v->trace; v->job. Each aborts when memory is short.
void victim_begin(victim *v, unsigned parts);
void victim_trace(victim *v);
void victim_rows(victim *v);
// The head says what the rows say: roots, memory at the end, output.
void victim_tell(victim *v);
// False when the prover refuses, with its reason on stderr. *out is malloc'ed.
bool victim_prove(const victim *v, uint8_t **out, size_t *size);
void victim_end(victim *v);

// A cell of v->job by names; an index of -1 for a column that is alone. Aborts on a wrong name.
pp_fp *victim_cell(victim *v, const char *in, uint32_t row, const char *column, int index);
// Rows of a table that are in use: the first that has a zero in this column.
uint32_t victim_used(victim *v, const char *in, const char *column);
// The table has room for more rows.
void victim_grow(victim *v, const char *in, uint32_t more);
// Hashes the memory tree anew, from the limbs and permissions that the page rows have.
void victim_rehash(victim *v);

#endif
