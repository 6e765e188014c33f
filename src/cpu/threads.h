// SPDX-License-Identifier: MIT OR Apache-2.0
// Fork-join: a range of work is cut into one fixed part for each thread, all run, all are waited
// for. The cut depends on nothing but the lengths, and field sums are exact, so that a result never
// depends on timing or on the number of threads.
#ifndef PP_CPU_THREADS_H
#define PP_CPU_THREADS_H

#include "base/base.h"
#include "base/err.h"

typedef struct pp_threads pp_threads;

enum { PP_THREADS_MAX = 256 };

// A pool of `len` threads, the caller's own counted, so that 1 starts none; 0 asks for one per
// available core. At most PP_THREADS_MAX. NULL with `err` set when the system gives no more.
PP_NODISCARD pp_threads *pp_threads_new(pp_err *err, size_t len);
void pp_threads_free(pp_threads *pool);

// Threads in the pool; 1 for NULL.
size_t pp_threads_len(const pp_threads *pool);

// Works on items [first, end); `part` is below pp_threads_len(pool) and different in calls that
// run at the same time: an index for scratch memory.
typedef void pp_threads_fn(void *ctx, size_t first, size_t end, size_t part);

// Calls fn on consecutive ranges that cover [0, n), one for each thread, each but the last a
// multiple of `grain` (at least 1) long; empty ranges are not called. Returns when all are done;
// what they wrote is then visible to the caller. With a NULL pool, or from inside a running fn, all
// of it is one call in this thread. One caller at a time.
void pp_threads_run(pp_threads *pool, size_t n, size_t grain, pp_threads_fn *fn, void *ctx);

#endif
