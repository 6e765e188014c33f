// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/batch.h"

#include "cpu/cpu.h"
#include "hash/batch_kernels.h"

void pp_poseidon2_permute(pp_fp state[PP_POSEIDON2_WIDTH]) {
#if defined(__x86_64__)
    if (pp_cpu_level() >= PP_CPU_AVX2) {
        pp_poseidon2_permute_avx2(state);
        return;
    }
#endif
    pp_poseidon2_permute_plain(state);
}

static void permute(pp_fp (*states)[PP_POSEIDON2_WIDTH], size_t n) {
    for (size_t i = 0; i < n; i++) pp_poseidon2_permute(states[i]);
}
static void leaves(pp_digest *out, const pp_fp *rows, size_t n, size_t width, uint32_t domain,
                   uint32_t parameter) {
    for (size_t i = 0; i < n; i++)
        pp_hash_leaf(&out[i], rows + i * width, width, domain, parameter);
}
static void nodes(pp_digest *out, const pp_digest *children, size_t n, uint32_t tag) {
    for (size_t i = 0; i < n; i++)
        pp_hash_node(&out[i], &children[2 * i], &children[2 * i + 1], tag);
}
const pp_hash_kernels pp_hash_portable = {permute, leaves, nodes};

static const pp_hash_kernels *const tables[PP_CPU_LEN] = {
    [PP_CPU_PORTABLE] = &pp_hash_portable,
#if defined(__x86_64__)
    [PP_CPU_AVX2] = &pp_hash_avx2,
    [PP_CPU_AVX512] = &pp_hash_avx512,
#endif
};

void pp_poseidon2_permute_many(pp_fp (*states)[PP_POSEIDON2_WIDTH], size_t n) {
    tables[pp_cpu_level()]->permute(states, n);
}

typedef struct job {
    const pp_hash_kernels *kernels;
    pp_digest *out;
    const pp_digest *children;
    const pp_fp *rows;
    size_t width;
    uint32_t domain, parameter, tag;
} job;

static void leaves_part(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    j->kernels->leaves(j->out + first, j->rows + first * j->width, end - first, j->width, j->domain,
                       j->parameter);
}
static void nodes_part(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    j->kernels->nodes(j->out + first, j->children + 2 * first, end - first, j->tag);
}

enum { GRAIN = 64 };

void pp_hash_leaves(pp_threads *pool, pp_digest *out, const pp_fp *rows, size_t n, size_t width,
                    uint32_t domain, uint32_t parameter) {
    job j = {.kernels = tables[pp_cpu_level()],
             .out = out,
             .rows = rows,
             .width = width,
             .domain = domain,
             .parameter = parameter};
    pp_threads_run(pool, n, GRAIN, leaves_part, &j);
}

void pp_hash_nodes(pp_threads *pool, pp_digest *out, const pp_digest *children, size_t n,
                   uint32_t tag) {
    job j = {.kernels = tables[pp_cpu_level()], .out = out, .children = children, .tag = tag};
    pp_threads_run(pool, n, GRAIN, nodes_part, &j);
}

void pp_keccak256_many(const pp_keccak_message *messages, size_t n) {
    static pp_keccak_hasher *const hashers[PP_CPU_LEN] = {
        [PP_CPU_PORTABLE] = pp_keccak256_each,
#if defined(__x86_64__)
        [PP_CPU_AVX2] = pp_keccak256_avx2,
        [PP_CPU_AVX512] = pp_keccak256_avx512,
#endif
    };
    // One alone is faster without vectors.
    (n == 1 ? pp_keccak256_each : hashers[pp_cpu_level()])(messages, n);
}
