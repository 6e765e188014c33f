// SPDX-License-Identifier: MIT OR Apache-2.0
// Shards: a run cut into parts that are proven alone, each from its start. Native.
//
//   pp_vm_plan *plan = pp_vm_plan_new(&err, &program, input, NULL, &limits);
//   pp_vm_shard shard;
//   while (pp_vm_plan_next(&err, plan, &shard)) ...; pp_vm_shard_free(&shard);
//   pp_vm_plan_result(plan) tells how the run ended; pp_trace (vm/trace.h) writes a shard down.
//
// The run is executed once. A shard ends before the first instruction with which its tables, filled
// up to the heights that a layout allows, could hold more cells than the limit, or more ticks than
// a shard has: so where it ends depends on program, input and limits, and on nothing else.
#ifndef PP_VM_SHARD_H
#define PP_VM_SHARD_H

#include "hash/poseidon2.h"
#include "vm/trace.h"

enum { PP_SHARD_TABLES_MAX = 128 };

// What a shard may hold, in the prover's tables (rv64/rv64.h fills it in).
typedef struct pp_shard_limits {
    uint64_t cells; // committed cells at most, the rows that fill up included
    // Interactions at which a shard ends, fixed tables not counted: the memory of its proof grows
    // with them too. One step of `round` may come on top.
    uint64_t interactions;
    // Rows filled up: pp_layout_round with the parameter set's log_min.
    uint32_t (*round)(uint32_t rows, uint32_t log_min);
    uint32_t log_min;
    uint32_t tables_len;
    uint32_t columns[PP_SHARD_TABLES_MAX];
    uint32_t interactions_of[PP_SHARD_TABLES_MAX]; // one row
    uint32_t ticks[PP_SHARD_TABLES_MAX];           // of one row
    uint32_t log_fixed[PP_SHARD_TABLES_MAX];       // 0: the height follows from the rows
    uint8_t fixed_for[PP_SHARD_TABLES_MAX]; // of a fixed table: the one that uses it; 0: always
    uint8_t step_table[PP_STEPS_LEN];       // the table of a step's rows
    uint8_t more_table[PP_STEPS_LEN];       // of further rows that come with it, and how many
    uint8_t more_rows[PP_STEPS_LEN];
    uint8_t run, decode, page, node, permutation;
} pp_shard_limits;

// A page that a shard opens, as it is at the shard's start.
typedef struct pp_shard_page {
    uint32_t index; // address / 512
    pp_perm perm;
    uint8_t bytes[PP_VM_PAGE_SIZE];
} pp_shard_page;

// One part of a run, complete in itself: what it opens of memory, and the tree around it.
typedef struct pp_vm_shard {
    uint64_t number;      // from 0
    uint64_t first_cycle; // of the run
    uint64_t cycles;      // that it executes
    bool last;            // it ends with the halt
    uint64_t text_start, text_end;
    pp_digest root[2];    // of the memory tree, before and after
    pp_shard_page *pages; // by index; the machine's first page, with registers and pc, among them
    size_t pages_len;
    // The subtrees that are not opened, beside the paths from the root to the pages: in the order
    // in which a walk from the root, left child first, meets them.
    pp_digest *siblings;
    size_t siblings_len;
    // Rows in use of each table, as rv64's witness will count them. Not in shard files: zero there.
    uint32_t rows[PP_SHARD_TABLES_MAX];
} pp_vm_shard;

void pp_vm_shard_free(pp_vm_shard *shard);

typedef struct pp_vm_plan pp_vm_plan;

// Starts a run. program, its file, input, options (NULL: the defaults; counts is ignored) and
// limits must outlive it. The memory tree of the start is hashed here, once. NULL with *err for
// want of memory.
pp_vm_plan *pp_vm_plan_new(pp_err *err, const pp_program *program, pp_bytes input,
                           const pp_vm_options *options, const pp_shard_limits *limits);
// Executes the next shard. False at the end of the run, with err->exit_code 0; and with *err when
// memory is short, when one instruction does not fit a shard of this size, or when the run did not
// halt with exit code 0 (PP_EXIT_NO; the shards so far are worth nothing).
PP_NODISCARD bool pp_vm_plan_next(pp_err *err, pp_vm_plan *plan, pp_vm_shard *shard);
// How the run ended, or where it stands.
const pp_vm_result *pp_vm_plan_result(const pp_vm_plan *plan);
// Digests of the program's, the stack's, the input's and the machine's quarter at this point; the
// first `len` words of the machine's first page.
void pp_vm_plan_state(pp_vm_plan *plan, pp_digest quarters[4], uint64_t *words, size_t len);
void pp_vm_plan_free(pp_vm_plan *plan);

// Runs one shard and writes it down. False with *err when the shard is not a run's (PP_EXIT_NO: it
// touches what it does not open, ends early, or is damaged), or memory is short.
PP_NODISCARD bool pp_vm_trace(pp_err *err, pp_trace *out, const pp_vm_shard *shard);

// A shard as bytes, so that another machine can prove it; canonical, little-endian: "ppinput\x01";
// number, first_cycle, cycles, last (0 or 1), text_start, text_end as u64; both roots (36 bytes
// each); how many pages and siblings, as u64; each page: index and permission as u32, its bytes;
// each sibling's digest. Pages rise by index and have a permission of their quarter, code lies in
// the text, and there are as many siblings as the pages ask for. out: pp_vm_shard_size bytes.
// Decoding is total: false for anything but such bytes, with nothing to free. Whether they are a
// run's is found by running and hashing them.
size_t pp_vm_shard_size(const pp_vm_shard *shard);
void pp_vm_shard_encode(uint8_t *out, const pp_vm_shard *shard);
PP_NODISCARD bool pp_vm_shard_decode(pp_vm_shard *out, const uint8_t *bytes, size_t size);

#endif
