// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "base/test.h"
#include "merkle/tree.h"

enum { WIDTH = 20, LOG_MAX = 6, LEAVES_MAX = 1 << LOG_MAX, DOMAIN = 7, TAG = 77 };

typedef struct fixture {
    pp_fp rows[LEAVES_MAX * WIDTH];
    pp_merkle_tree tree;
    uint8_t proof[LEAVES_MAX * PP_DIGEST_SIZE];
    size_t proof_size;
} fixture;

static void build(fixture *x, unsigned log_leaves, pp_rng *rng) {
    for (size_t i = 0; i < (size_t)WIDTH << log_leaves; i++)
        x->rows[i] = pp_fp_from_u32((uint32_t)pp_rng_u64(rng));
    pp_err err;
    bool ok =
        pp_merkle_tree_build(&err, &x->tree, NULL, x->rows, log_leaves, WIDTH, DOMAIN, 3, TAG);
    PP_ASSERT(ok);
}

static void open_at(fixture *x, const uint32_t *index, size_t len) {
    uint32_t copy[LEAVES_MAX];
    memcpy(copy, index, len * sizeof *copy);
    pp_transcript t;
    pp_transcript_prove(&t, x->proof, sizeof x->proof);
    pp_merkle_tree_open(&x->tree, copy, len, &t);
    x->proof_size = pp_transcript_size(&t);
}

static bool verify(const fixture *x, const uint32_t *index, size_t len, size_t size) {
    uint32_t copy[LEAVES_MAX];
    pp_digest digest[LEAVES_MAX];
    memcpy(copy, index, len * sizeof *copy);
    for (size_t i = 0; i < len; i++)
        pp_hash_leaf(&digest[i], x->rows + index[i] * WIDTH, WIDTH, DOMAIN, 3);
    pp_transcript t;
    pp_transcript_verify(&t, x->proof, size);
    return pp_merkle_verify(pp_merkle_tree_root(&x->tree), x->tree.log_leaves, copy, digest, len,
                            TAG, &t) &&
           pp_transcript_end(&t);
}

PP_TEST(every_subset_of_small_trees) {
    pp_rng rng = {pp_test_seed()};
    static fixture x;
    for (unsigned log_leaves = 0; log_leaves <= 3; log_leaves++) {
        build(&x, log_leaves, &rng);
        for (unsigned set = 1; set < 1u << (1 << log_leaves); set++) {
            uint32_t index[8];
            size_t len = 0;
            for (uint32_t i = 0; i < 8; i++)
                if (set >> i & 1) index[len++] = i;
            open_at(&x, index, len);
            size_t most = pp_merkle_opening_len_max(log_leaves, len);
            CHECK(x.proof_size <= most * PP_DIGEST_SIZE);
            CHECK(verify(&x, index, len, x.proof_size));
            if (x.proof_size > 0) CHECK(!verify(&x, index, len, x.proof_size - 1));
            for (size_t w = 0; w < x.proof_size; w += 4) {
                x.proof[w] ^= 1;
                CHECK(!verify(&x, index, len, x.proof_size));
                x.proof[w] ^= 1;
            }
        }
        pp_merkle_tree_free(&x.tree);
    }
}

PP_TEST(every_leaf_counts) {
    pp_rng rng = {pp_test_seed()};
    static fixture x;
    build(&x, LOG_MAX, &rng);
    uint32_t index[] = {0, 1, 5, 17, 18, 40, 62, 63};
    open_at(&x, index, PP_COUNT(index));
    CHECK(verify(&x, index, PP_COUNT(index), x.proof_size));
    for (size_t i = 0; i < PP_COUNT(index); i++) {
        pp_fp *cell = &x.rows[index[i] * WIDTH + i];
        *cell = pp_fp_add(*cell, pp_fp_one());
        CHECK(!verify(&x, index, PP_COUNT(index), x.proof_size));
        *cell = pp_fp_sub(*cell, pp_fp_one());
    }
    // Another place, the same rows.
    uint32_t moved[] = {0, 1, 4, 17, 18, 40, 62, 63};
    memcpy(x.rows + 4 * WIDTH, x.rows + 5 * WIDTH, WIDTH * sizeof(pp_fp));
    CHECK(!verify(&x, moved, PP_COUNT(moved), x.proof_size));
    pp_merkle_tree_free(&x.tree);
}

PP_TEST(threads_make_the_same_tree) {
    pp_rng rng = {pp_test_seed()};
    static fixture x;
    build(&x, LOG_MAX, &rng);
    for (size_t len = 2; len <= 5; len++) {
        pp_err err;
        pp_threads *pool = pp_threads_new(&err, len);
        REQUIRE(pool != NULL);
        pp_merkle_tree other;
        REQUIRE(pp_merkle_tree_build(&err, &other, pool, x.rows, LOG_MAX, WIDTH, DOMAIN, 3, TAG));
        CHECK_MEM(other.nodes, x.tree.nodes, (LEAVES_MAX - 1) * sizeof(pp_digest));
        pp_merkle_tree_free(&other);
        pp_threads_free(pool);
    }
    pp_merkle_tree_free(&x.tree);
}
