// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/batch.h"

void pp_poseidon2_permute_many(pp_fp (*states)[PP_POSEIDON2_WIDTH], size_t n) {
    for (size_t i = 0; i < n; i++) pp_poseidon2_permute(states[i]);
}

typedef struct job {
    pp_digest *out;
    const pp_digest *children;
    const pp_fp *rows;
    size_t width;
    uint32_t domain, parameter, tag;
} job;

static void leaves(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    for (size_t i = first; i < end; i++)
        pp_hash_leaf(&j->out[i], j->rows + i * j->width, j->width, j->domain, j->parameter);
}
static void nodes(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    for (size_t i = first; i < end; i++)
        pp_hash_node(&j->out[i], &j->children[2 * i], &j->children[2 * i + 1], j->tag);
}

enum { GRAIN = 64 };

void pp_hash_leaves(pp_threads *pool, pp_digest *out, const pp_fp *rows, size_t n, size_t width,
                    uint32_t domain, uint32_t parameter) {
    job j = {.out = out, .rows = rows, .width = width, .domain = domain, .parameter = parameter};
    pp_threads_run(pool, n, GRAIN, leaves, &j);
}

void pp_hash_nodes(pp_threads *pool, pp_digest *out, const pp_digest *children, size_t n,
                   uint32_t tag) {
    job j = {.out = out, .children = children, .tag = tag};
    pp_threads_run(pool, n, GRAIN, nodes, &j);
}
