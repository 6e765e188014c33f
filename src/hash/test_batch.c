// SPDX-License-Identifier: MIT OR Apache-2.0
// Every variant of Poseidon2 against portable C; AVX-512 also without the processor.
#include "base/test.h"
#include "cpu/cpu.h"
#include "hash/batch.h"
#include "hash/batch_kernels.h"
#include "hash/poseidon2_constants.inc"

extern const pp_hash_kernels pp_hash_emulated;
pp_keccak_hasher pp_keccak256_emulated;

enum { N = 67, WORDS = 3000 };
static pp_fp words[WORDS];

static void fill(pp_rng *rng, int kind) {
    static const uint32_t edges[] = {
        0, 1, PP_FP_MODULUS / 2, PP_FP_MODULUS / 2 + 1, PP_FP_MODULUS - 2, PP_FP_MODULUS - 1};
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t r = pp_rng_u64(rng);
        words[i].v = kind == 0   ? PP_FP_MODULUS - 1
                     : kind == 1 ? edges[(r >> 8) % PP_COUNT(edges)]
                                 : (uint32_t)(r >> 32) % PP_FP_MODULUS;
    }
}

static void compare(const pp_hash_kernels *kernels, pp_rng *rng) {
    static pp_fp a[N][PP_POSEIDON2_WIDTH], b[N][PP_POSEIDON2_WIDTH];
    static pp_digest x[N], y[N];
    static const size_t widths[] = {0, 1, 7, 14, 15, 16, 29, 30, 31, 40};
    for (int kind = 0; kind < 12; kind++) {
        fill(rng, kind);
        size_t n = kind < 4 ? N : pp_rng_below(rng, N + 1);
        memcpy(a, words, sizeof a);
        memcpy(b, words, sizeof b);
        pp_cpu_mask(PP_CPU_PORTABLE); // what both are held against
        pp_hash_portable.permute(a, n);
        kernels->permute(b, n);
        CHECK_MEM(a, b, sizeof a);
        for (size_t w = 0; w < PP_COUNT(widths); w++) {
            memset(x, 0, sizeof x);
            memset(y, 0, sizeof y);
            pp_hash_portable.leaves(x, words, n, widths[w], 7, 8);
            kernels->leaves(y, words, n, widths[w], 7, 8);
            CHECK_MEM(x, y, sizeof x);
        }
        memset(x, 0, sizeof x);
        memset(y, 0, sizeof y);
        pp_hash_portable.nodes(x, (const pp_digest *)words, n, 16);
        kernels->nodes(y, (const pp_digest *)words, n, 16);
        CHECK_MEM(x, y, sizeof x);
        pp_cpu_mask(PP_CPU_LEN - 1);
    }
}

PP_TEST(one_state_at_a_time) {
    pp_rng rng = {pp_test_seed()};
    for (int kind = 0; kind < 12; kind++) {
        fill(&rng, kind);
        for (size_t at = 0; at + PP_POSEIDON2_WIDTH <= WORDS; at++) {
            pp_fp a[PP_POSEIDON2_WIDTH], b[PP_POSEIDON2_WIDTH];
            memcpy(a, words + at, sizeof a);
            memcpy(b, words + at, sizeof b);
            pp_poseidon2_permute_plain(a);
            pp_poseidon2_permute(b);
            CHECK_MEM(a, b, sizeof a);
        }
    }
    if (pp_cpu_detected() < PP_CPU_AVX2) pp_test_skip("this processor has no AVX2");
}

PP_TEST(avx512_emulated) {
    pp_rng rng = {pp_test_seed()};
    compare(&pp_hash_emulated, &rng);
}

enum { LANES = 16 };
void pp_poseidon2_internal_emulated(uint32_t s[PP_POSEIDON2_WIDTH][LANES], const uint32_t x[LANES],
                                    uint32_t rest[LANES]);

// Lanes that hold any 32 bits, at the ends of what the divisions by powers of two may carry over.
PP_TEST(internal_layer_at_the_edges) {
    enum { P = (int)PP_FP_MODULUS };
    static const bool canonical[PP_POSEIDON2_WIDTH] = {[1] = 1, [2] = 1, [4] = 1, [6] = 1, [7] = 1};
    pp_rng rng = {pp_test_seed()};
    for (int round = 0; round < 3000; round++) {
        uint32_t s[PP_POSEIDON2_WIDTH][LANES], was[PP_POSEIDON2_WIDTH][LANES], x[LANES],
            rest[LANES];
        for (int l = 0; l < LANES; l++) {
            for (int i = 0; i < PP_POSEIDON2_WIDTH; i++) {
                uint64_t r = pp_rng_u64(&rng);
                uint32_t power = (uint32_t)1 << (r >> 8) % 32;
                uint32_t edges[] = {0, P - 1, P, UINT32_MAX, power, power - 1, -power, ~power};
                s[i][l] = r % 8 == 0 ? (uint32_t)(r >> 32) : edges[(r >> 16) % PP_COUNT(edges)];
                if (canonical[i]) s[i][l] %= PP_FP_MODULUS;
            }
            uint64_t r = pp_rng_u64(&rng); // the sum: all, nothing, or anything
            x[l] = (uint32_t)(r >> 32) % PP_FP_MODULUS;
            rest[l] = r % 3 == 0   ? (P - 1 - x[l]) % PP_FP_MODULUS
                      : r % 3 == 1 ? (P - x[l]) % PP_FP_MODULUS
                                   : (uint32_t)r % PP_FP_MODULUS;
        }
        memcpy(was, s, sizeof was);
        uint32_t before[LANES];
        memcpy(before, rest, sizeof before);
        pp_poseidon2_internal_emulated(s, x, rest);
        for (int l = 0; l < LANES; l++) {
            pp_fp sum = pp_fp_add((pp_fp){x[l]}, (pp_fp){before[l]}), total = {0};
            for (int i = 1; i < PP_POSEIDON2_WIDTH; i++) {
                pp_fp offset = {internal_offsets[i]};
                pp_fp v = pp_fp_sub((pp_fp){was[i][l] % PP_FP_MODULUS}, offset);
                v = pp_fp_add(sum, pp_fp_mul(v, internal_diagonal[i]));
                CHECK_EQ(pp_fp_add(v, offset).v, s[i][l] % PP_FP_MODULUS);
                CHECK(!canonical[i] || s[i][l] < PP_FP_MODULUS);
                total = pp_fp_add(total, v);
            }
            CHECK_EQ(rest[l], total.v);
        }
    }
}

PP_TEST(native_variants) {
    pp_rng rng = {pp_test_seed()};
#if defined(__x86_64__)
    for (int i = 0; i < 20; i++) {
        if (pp_cpu_detected() >= PP_CPU_AVX2) compare(&pp_hash_avx2, &rng);
        if (pp_cpu_detected() >= PP_CPU_AVX512) compare(&pp_hash_avx512, &rng);
    }
#endif
    if (pp_cpu_detected() < PP_CPU_AVX512) pp_test_skip("this processor has no AVX-512");
}

// ---- Keccak
// ---------------------------------------------------------------------------------------

// Messages of all lengths around the block's, all of one length, some empty, one alone.
static void compare_keccak(pp_keccak_hasher *hasher, pp_rng *rng) {
    static uint8_t data[40 * 700];
    static pp_hash32 want[40], have[40];
    pp_keccak_message messages[40];
    pp_rng_fill(rng, data, sizeof data);
    for (size_t round = 0; round < 60; round++) {
        size_t n = round < 12 ? round : 1 + pp_rng_below(rng, 40), most = round % 2 ? 700 : 140;
        memset(want, 0, sizeof want);
        memset(have, 0, sizeof have);
        for (size_t i = 0; i < n; i++) {
            size_t size = pp_rng_below(rng, most);
            if (round % 3 == 0) size = 134 + (i + round) % 4 + 136 * (i % 3);
            messages[i] = (pp_keccak_message){size == 0 ? NULL : data + 700 * i, size, &want[i]};
        }
        pp_keccak256_each(messages, n);
        for (size_t i = 0; i < n; i++) messages[i].out = &have[i];
        hasher(messages, n);
        CHECK_MEM(want, have, sizeof want);
    }
}

PP_TEST(many_keccaks_are_each) {
    pp_rng rng = {pp_test_seed()};
    compare_keccak(pp_keccak256_each, &rng);
    compare_keccak(pp_keccak256_emulated, &rng);
    compare_keccak(pp_keccak256_many, &rng);
#if defined(__x86_64__)
    if (pp_cpu_detected() >= PP_CPU_AVX2) compare_keccak(pp_keccak256_avx2, &rng);
    if (pp_cpu_detected() >= PP_CPU_AVX512) compare_keccak(pp_keccak256_avx512, &rng);
#endif
}

// Long chains: a hundred thousand permutations of values that no seed chose.
PP_TEST(long_chains_agree) {
    static pp_fp a[16][PP_POSEIDON2_WIDTH], b[16][PP_POSEIDON2_WIDTH];
    pp_rng rng = {pp_test_seed()};
    fill(&rng, 2);
    memcpy(a, words, sizeof a);
    memcpy(b, words, sizeof b);
    for (int i = 0; i < 6000; i++) {
        for (int k = 0; k < 16; k++) pp_poseidon2_permute(a[k]);
        pp_poseidon2_permute_many(b, 16);
    }
    CHECK_MEM(a, b, sizeof a);
}

PP_TEST(threads_change_nothing) {
    pp_rng rng = {pp_test_seed()};
    static pp_digest x[500], y[500];
    pp_threads *pool = pp_threads_new(NULL, 2);
    REQUIRE(pool != NULL);
    fill(&rng, 3);
    pp_hash_leaves(NULL, x, words, 500, 6, 1, 2);
    pp_hash_leaves(pool, y, words, 500, 6, 1, 2);
    CHECK_MEM(x, y, sizeof x);
    pp_hash_nodes(NULL, y, x, 250, 3);
    pp_hash_nodes(pool, y + 250, x, 250, 3);
    CHECK_MEM(y, y + 250, 250 * sizeof y[0]);
    pp_threads_free(pool);
}
