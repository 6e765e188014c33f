// SPDX-License-Identifier: MIT OR Apache-2.0
// Shards proven one after the other, the next one's trace made while one is opened.
#include <pthread.h>
#include <stdlib.h>

#include "prove/claim.h"
#include "prove/now.h"

// A shard that is written down, or is being: by a thread of its own while `running`.
typedef struct ahead {
    const pp_prove_stream *stream;
    pp_prove_with with;
    pp_vm_shard shard;
    pp_claim_job job;
    bool has; // shard and job are there
    pp_err err;
    pthread_t thread;
    bool running;
} ahead;

static void prepare(ahead *a) {
    a->err = (pp_err){0};
    a->has = a->stream->next(a->stream->ctx, &a->err, &a->shard);
    if (!a->has || pp_claim_job_begin(&a->err, &a->job, &a->shard, &a->with)) return;
    pp_vm_shard_free(&a->shard);
    a->has = false;
}

static void *prepare_beside(void *ctx) {
    prepare(ctx);
    return NULL;
}

// The pool is the opening's, so this thread goes without.
static void start(void *ctx) {
    ahead *a = ctx;
    a->with.pool = NULL;
    a->running = pthread_create(&a->thread, NULL, prepare_beside, a) == 0;
}

static void wait_for(ahead *a, const pp_prove_with *with) {
    if (a->running) {
        pthread_join(a->thread, NULL);
        a->running = false;
    } else {
        a->with.pool = with->pool;
        prepare(a);
    }
}

// Proves the shard that was waited for, while the next is begun.
static bool prove_one(pp_err *err, pp_prove_report *sum, ahead *next, double waited,
                      const pp_prove_with *with) {
    const pp_prove_stream *stream = next->stream;
    pp_vm_shard shard = next->shard;
    pp_claim_job job = next->job;
    pp_prove_report r;
    uint8_t *bytes;
    size_t size;
    bool ok = pp_claim_job_finish(err, &bytes, &size, &r, &job, &shard, with);
    if (ok) {
        r.trace = waited;
        r.fill = 0;
        pp_prove_report_add(sum, &r);
        ok = stream->done(stream->ctx, err, &shard, bytes, size);
        free(bytes);
    }
    pp_vm_shard_free(&shard);
    return ok;
}

bool pp_prove_stream_run(pp_err *err, pp_prove_report *report, const pp_prove_stream *stream,
                         const pp_prove_with *with) {
    ahead next = {.stream = stream, .with = *with};
    pp_prove_with mine = *with;
    mine.opening = pp_threads_len(with->pool) > 1 ? start : NULL;
    mine.opening_ctx = &next;
    *report = (pp_prove_report){0};
    for (;;) {
        double begin = pp_prove_now();
        wait_for(&next, with);
        if (!next.has) {
            if (next.err.exit_code != 0 && err != NULL) *err = next.err;
            return next.err.exit_code == 0;
        }
        if (!prove_one(err, report, &next, pp_prove_now() - begin, &mine)) break;
    }
    if (!next.running) return false;
    pthread_join(next.thread, NULL);
    if (next.has) {
        pp_claim_job_end(&next.job);
        pp_vm_shard_free(&next.shard);
    }
    return false;
}
