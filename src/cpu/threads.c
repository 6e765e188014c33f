// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cpu/threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct worker {
    pp_threads *pool;
    size_t part;
    pthread_t thread;
} worker;

struct pp_threads {
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    uint64_t round; // counts calls of pp_threads_run
    size_t running; // workers still in this round
    bool ends;
    size_t n, chunk;
    pp_threads_fn *fn;
    void *ctx;
    size_t len, started;
    worker workers[]; // len - 1, parts 1 to len - 1
};

// Set while this thread is inside a pp_threads_fn: a nested run stays in it.
static _Thread_local bool inside;

static void run_part(const pp_threads *pool, size_t part) {
    if (part > pool->n / pool->chunk) return;
    size_t first = part * pool->chunk, left = pool->n - first;
    if (left == 0) return;
    inside = true;
    pool->fn(pool->ctx, first, first + (left < pool->chunk ? left : pool->chunk), part);
    inside = false;
}

static void *work(void *arg) {
    worker *w = arg;
    pp_threads *pool = w->pool;
    uint64_t round = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->ends && pool->round == round) pthread_cond_wait(&pool->start, &pool->lock);
        if (pool->ends) break;
        round = pool->round;
        pthread_mutex_unlock(&pool->lock);
        run_part(pool, w->part);
        pthread_mutex_lock(&pool->lock);
        if (--pool->running == 0) pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

pp_threads *pp_threads_new(pp_err *err, size_t len) {
    if (len == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        len = n < 1 ? 1 : (size_t)n;
        if (len > PP_THREADS_MAX) len = PP_THREADS_MAX;
    }
    if (len > PP_THREADS_MAX) {
        (void)pp_err_set(err, PP_EXIT_USAGE, "threads: %zu are too many, the most is %d", len,
                         PP_THREADS_MAX);
        return NULL;
    }
    pp_threads *pool = calloc(1, sizeof *pool + (len - 1) * sizeof pool->workers[0]);
    if (pool == NULL) {
        (void)pp_err_set(err, PP_EXIT_USAGE, "threads: out of memory");
        return NULL;
    }
    pool->len = len;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->done, NULL);
    for (size_t i = 0; i + 1 < len; i++) {
        worker *w = &pool->workers[i];
        w->pool = pool;
        w->part = i + 1;
        int code = pthread_create(&w->thread, NULL, work, w);
        if (code != 0) {
            pp_threads_free(pool);
            (void)pp_err_set(err, PP_EXIT_USAGE, "threads: cannot start %zu: %s", len,
                             strerror(code));
            return NULL;
        }
        pool->started++;
    }
    return pool;
}

void pp_threads_free(pp_threads *pool) {
    if (pool == NULL) return;
    pthread_mutex_lock(&pool->lock);
    pool->ends = true;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->started; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->start);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

size_t pp_threads_len(const pp_threads *pool) {
    return pool == NULL ? 1 : pool->len;
}

void pp_threads_run(pp_threads *pool, size_t n, size_t grain, pp_threads_fn *fn, void *ctx) {
    PP_ASSERT(grain >= 1);
    if (n == 0) return;
    size_t grains = (n - 1) / grain + 1;
    if (pool == NULL || pool->len == 1 || grains == 1 || inside) {
        bool outer = inside;
        inside = true;
        fn(ctx, 0, n, 0);
        inside = outer;
        return;
    }
    pthread_mutex_lock(&pool->lock);
    PP_ASSERT(pool->running == 0);
    pool->n = n;
    pool->chunk = ((grains - 1) / pool->len + 1) * grain;
    pool->fn = fn;
    pool->ctx = ctx;
    pool->running = pool->len - 1;
    pool->round++;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    run_part(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->running > 0) pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
