// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 on one state, its 24 words in three registers of eight: for paths, transcripts and
// whatever else must have one result before it can ask for the next. Included by the source for
// AVX2 after hash/poseidon2_simd.h, whose names it uses; machines with AVX-512 take it too, as 24
// words do not fill two of their registers.
//
// An internal round waits for one S-box, in a scalar register. All else is beside it: the sum that
// the next round needs is that of the products, made before this round's sum is known, plus 23 of
// it.

enum { PARTS = WIDTH / PV_LEN };

// Each block of four becomes (2 3 1 1) of it: all four, and x_i, and twice x_{i+1}.
static inline pv one_block(pv x) {
    pv pairs = pv_add(x, _mm256_shuffle_epi32(x, 0xb1));
    pv all = pv_add(pairs, _mm256_shuffle_epi32(pairs, 0x4e));
    pv next = _mm256_shuffle_epi32(x, 0x39);
    return pv_add(pv_add(all, x), pv_add(next, next));
}
static inline void one_external(pv s[PARTS]) {
    for (int i = 0; i < PARTS; i++) s[i] = one_block(s[i]);
    pv sums = pv_add(pv_add(s[0], s[1]), s[2]);
    sums = pv_add(sums, _mm256_permute2x128_si256(sums, sums, 1));
    for (int i = 0; i < PARTS; i++) s[i] = pv_add(s[i], sums);
}
static inline void one_full_rounds(pv s[PARTS], int first) {
    for (int r = first; r < first + HALF_FULL; r++) {
        // Canonical less p: what the S-box takes.
        for (int i = 0; i < PARTS; i++) {
            pv c = pv_sub32(pv_load(external_constants[r] + PV_LEN * i), pv_p());
            s[i] = cube(pv_add32(s[i], c));
        }
        one_external(s);
    }
}

// The sum of 24 lanes, below 2^37: no element yet.
static inline uint64_t one_sum(const pv s[PARTS]) {
    pv low = pv_all64(UINT32_MAX), t = pv_zero();
    for (int i = 0; i < PARTS; i++)
        t = pv_add64(t, pv_add64(pv_and(s[i], low), PV_SHR64(s[i], 32)));
    __m128i h = _mm_add_epi64(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1));
    return (uint64_t)_mm_cvtsi128_si64(h) + (uint64_t)_mm_extract_epi64(h, 1);
}

void pp_poseidon2_permute_avx2(pp_fp state[WIDTH]) {
    pv s[PARTS], first = pv_zero();
    for (int i = 0; i < PARTS; i++) s[i] = pv_load(state + PV_LEN * i);
    one_external(s);
    one_full_rounds(s, 0);

    pv_factor diagonal[PARTS];
    for (int i = 0; i < PARTS; i++)
        diagonal[i] = pv_factor_of(pv_load(internal_diagonal + PV_LEN * i));
    pp_fp x = {(uint32_t)_mm256_extract_epi32(s[0], 0)};
    s[0] = PV_BLEND(s[0], first, 1); // lane 0 is kept in x
    pp_fp rest = {(uint32_t)(one_sum(s) % PP_FP_MODULUS)};
    for (int r = 0; r < PARTIAL; r++) {
        pv product[PARTS];
        for (int i = 0; i < PARTS; i++) product[i] = pv_canonical(pv_mul_factor(s[i], diagonal[i]));
        uint64_t products = one_sum(product);
        pp_fp y = pp_poseidon2_cube(pp_fp_add(x, internal_constants[r]));
        pp_fp sum = pp_fp_add(y, rest);
        x = pp_fp_sub(rest, y); // the diagonal's first is −2: sum − 2y
        pv all = pv_all(sum.v);
        for (int i = 0; i < PARTS; i++) s[i] = pv_add(product[i], all);
        s[0] = PV_BLEND(s[0], first, 1);
        rest.v = (uint32_t)((products + (uint64_t)sum.v * (WIDTH - 1)) % PP_FP_MODULUS);
    }
    s[0] = _mm256_insert_epi32(s[0], (int)x.v, 0);
    one_full_rounds(s, HALF_FULL);
    for (int i = 0; i < PARTS; i++) pv_store(state + PV_LEN * i, s[i]);
}
