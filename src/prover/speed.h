// SPDX-License-Identifier: MIT OR Apache-2.0
// How fast this machine proves, as a prover's own proofs tell: picoseconds for a unit of work
// (prove/cost.h), what its bids are made of. It begins with what prover.json says and follows what
// is seen from there on; DIR/speed keeps it over restarts:
//
//   BEGUN NOW     decimal; where BEGUN is not what prover.json says now, its operator has changed
//                 that since, and it begins anew
#ifndef PP_PROVER_SPEED_H
#define PP_PROVER_SPEED_H

#include "prover/jobs.h"

// Picoseconds for a unit of work, at most: a second.
#define PP_SPEED_MAX ((uint64_t)1 << 40)

// What is counted on after a sight, 1 to PP_SPEED_MAX: a quarter of the way from what was to what
// was seen, which counts as four times more or less at most. One that was ended before it was done
// makes nobody faster; and small proofs, whose time is mostly the same whatever is in them, change
// nothing.
uint64_t pp_speed_next(uint64_t ps_per_work, const pp_jobs_sight *sight);

// *ps: what is kept, or begun where nothing is; begun too, and false with one sentence, when the
// file is none of ours, or cannot be read.
PP_NODISCARD bool pp_speed_load(pp_err *err, uint64_t *ps, const char *dir, uint64_t begun);
// Writes atomically.
PP_NODISCARD bool pp_speed_store(pp_err *err, const char *dir, uint64_t begun, uint64_t ps);

#endif
