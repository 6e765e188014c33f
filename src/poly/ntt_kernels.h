// SPDX-License-Identifier: MIT OR Apache-2.0
// One pass of a transform, as a table for each instruction set. Internal to poly/, its tests and
// benchmark.
#ifndef PP_POLY_NTT_KERNELS_H
#define PP_POLY_NTT_KERNELS_H

#include "field/ext.h"

enum {
    PP_NTT_CHUNK = 16,     // words of a row that are worked on together
    PP_NTT_GROUP = 8,      // chunks side by side that are fetched and stored together, at most,
    PP_NTT_ROWS = 1 << 11, // and their rows
    PP_NTT_LOG_RADIX = 10, // a pass's layers at most: 2^10 rows of a chunk stay in the second cache
    PP_NTT_LOG_NEAR = 8,   // and so many in the first
};

// The layers of a transform for distances 2^(log_block − 1) down to stride = 2^(log_block −
// log_radix) (up, for the inverse): in each block of 2^log_block rows, the rows that differ by
// multiples of the stride are transformed among themselves. A unit is one such set of rows; or,
// where rows are narrow, all sets of a block, side by side; or, where the stride is one too,
// neighbouring blocks.
//
// The root of butterfly k of half h (of rows k and k + h of set c) is roots[h + k] times
// roots[h · stride + c]. Where a chunk has lanes of several sets, the c of its first lane is taken
// for all: what is then missing is one factor for each row and lane, the same in all chunks.
//
// Row i of a block is multiplied by scale · shift^i when it is read (stored, for the inverse) where
// `scaled` is set. What the lanes of a chunk of several sets have of it is in the lane factors; and
// all of it where the shift is one and `scaled` not set.
typedef struct pp_ntt_pass {
    pp_fp *m;
    const pp_fp *in; // what is read: m, or as much elsewhere
    size_t width;
    const pp_fp *roots; // roots[h + i] = w^i for i < h, w of order 2h; or their inverses
    // [k][l]: of row k and a set l above the chunk's first, as pp_ntt_lane_factors makes them. Read
    // where rows are narrow and the stride is not one.
    const pp_fp (*lane_factors)[PP_NTT_CHUNK];
    unsigned log_height, log_block, log_radix;
    bool inverse, scaled;
    pp_fp scale, shift;
} pp_ntt_pass;

// What the layers of a chunk take: the root of butterfly k of half h at h + k, and, where rows are
// scaled, the factor of row k; beside each, times p^−1 mod 2^32, for the variants that use it.
typedef struct pp_ntt_factors {
    pp_fp root[1 << PP_NTT_LOG_RADIX], row[1 << PP_NTT_LOG_RADIX];
    uint32_t root_quotient[1 << PP_NTT_LOG_RADIX], row_quotient[1 << PP_NTT_LOG_RADIX];
    bool scaled;
} pp_ntt_factors;

// out has 2^log_radix rows.
void pp_ntt_lane_factors(pp_fp out[][PP_NTT_CHUNK], const pp_ntt_pass *p);

// Chunks that are fetched and stored together.
static inline size_t pp_ntt_pass_group(const pp_ntt_pass *p) {
    size_t group = (size_t)PP_NTT_ROWS >> p->log_radix;
    return group < PP_NTT_GROUP ? group : PP_NTT_GROUP;
}
// Chunks in one unit of a pass: a set of rows, a block, or some blocks side by side.
static inline size_t pp_ntt_pass_chunks(const pp_ntt_pass *p) {
    size_t stride = (size_t)1 << (p->log_block - p->log_radix);
    if (p->width >= PP_NTT_CHUNK) return (p->width - 1) / PP_NTT_CHUNK + 1;
    return stride > 1 ? (stride * p->width - 1) / PP_NTT_CHUNK + 1 : 1;
}
// Tasks of a pass: groups of chunks of all units.
static inline size_t pp_ntt_pass_tasks(const pp_ntt_pass *p) {
    size_t blocks = (size_t)1 << (p->log_height - p->log_block);
    size_t stride = (size_t)1 << (p->log_block - p->log_radix);
    size_t groups = (pp_ntt_pass_chunks(p) - 1) / pp_ntt_pass_group(p) + 1;
    if (p->width >= PP_NTT_CHUNK) return blocks * stride * groups;
    if (stride > 1) return blocks * groups;
    return (blocks - 1) / (PP_NTT_CHUNK / p->width) + 1;
}

typedef struct pp_ntt_kernels {
    void (*pass)(const pp_ntt_pass *p, size_t first, size_t end);
} pp_ntt_kernels;

extern const pp_ntt_kernels pp_ntt_portable;
#if defined(__x86_64__)
extern const pp_ntt_kernels pp_ntt_avx2, pp_ntt_avx512;
#endif

#endif
