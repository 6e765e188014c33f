// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 on PV_LEN states at once, one in each lane, over field/simd.h. Included by one source
// for each instruction set, which makes a table of the kernels at the end.
//
// What makes it fast:
// - the S-box takes any int32 in [−p, p], so that a round constant is added without a reduction;
// - S-boxes are made two at a time, step by step, so that what an operation needs is ready when the
//   processor comes to it: its window is short, its ports are many;
// - the results of the S-box's even and odd halves are joined in one shuffle that exchanges the two
//   middle lanes of every four: harmless, as a whole round does it alike and rounds come in fours;
// - the internal layer's diagonal is small numbers and ± powers of 1/2, and x / 2^n is
//   (x >> n) − (x mod 2^n) · 127 · 2^(24−n), because 2^24 · 127 = −1; its results are left anywhere
//   in 32 bits ("loose"), which sums and the next division take as they are.
#include "field/simd.h"
#include "hash/batch_kernels.h"
#include "hash/poseidon2_round.h"

enum {
    WIDTH = PP_POSEIDON2_WIDTH,
    HALF_FULL = PP_POSEIDON2_HALF_FULL,
    PARTIAL = PP_POSEIDON2_PARTIAL,
    RATE = PP_SPONGE_RATE
};

// The high halves of x^3 for the even lanes; signed.
static inline pv cube_half(pv x) {
    pv mu = pv_all(PP_FP_INVERSE), p = pv_p();
    pv s = pv_muls(x, x);
    s = pv_odd(pv_sub64(s, pv_muls(pv_muls(s, mu), p)));
    s = pv_muls(s, x);
    return pv_sub64(s, pv_muls(pv_muls(s, mu), p));
}
// Canonical, lanes in order.
static inline pv cube(pv x) {
    return pv_canonical(pv_mix(pv_odd(cube_half(x)), cube_half(pv_odd(x))));
}
// BOXES of them, canonical, the middle lanes exchanged.
enum { BOXES = 2, HALVES = 2 * BOXES };
static inline __attribute__((always_inline)) void cubes_exchanged(pv x[BOXES]) {
    pv mu = pv_all(PP_FP_INVERSE), p = pv_p(), h[HALVES], s[HALVES], q[HALVES];
    for (int i = 0; i < BOXES; i++) {
        h[2 * i] = x[i];
        h[2 * i + 1] = pv_odd(x[i]);
    }
    for (int i = 0; i < HALVES; i++) s[i] = pv_muls(h[i], h[i]);
    for (int i = 0; i < HALVES; i++) q[i] = pv_muls(s[i], mu);
    for (int i = 0; i < HALVES; i++) q[i] = pv_muls(q[i], p);
    for (int i = 0; i < HALVES; i++) s[i] = pv_odd(pv_sub64(s[i], q[i]));
    for (int i = 0; i < HALVES; i++) s[i] = pv_muls(s[i], h[i]);
    for (int i = 0; i < HALVES; i++) q[i] = pv_muls(s[i], mu);
    for (int i = 0; i < HALVES; i++) q[i] = pv_muls(q[i], p);
    for (int i = 0; i < HALVES; i++) s[i] = pv_sub64(s[i], q[i]);
    for (int i = 0; i < BOXES; i++) x[i] = pv_canonical(pv_odd_pairs(s[2 * i], s[2 * i + 1]));
}

static inline void mix_four(pv x[4]) {
    pv t01 = pv_add(x[0], x[1]), t23 = pv_add(x[2], x[3]), all = pv_add(t01, t23);
    pv a = pv_add(all, x[1]), c = pv_add(all, x[3]);
    pv y3 = pv_add(c, pv_add(x[0], x[0])), y1 = pv_add(a, pv_add(x[2], x[2]));
    x[0] = pv_add(a, t01);
    x[2] = pv_add(c, t23);
    x[1] = y1;
    x[3] = y3;
}

// The second half of the external layer, and round constants: afterwards in [−p, p). NULL: none,
// afterwards canonical.
static inline void add_sums(pv s[WIDTH], const pv sums[4], const pp_fp *constants,
                            const uint32_t *less_p) {
    for (int j = 0; j < 4; j++) {
        pv sum_less_p = pv_sub32(sums[j], pv_p());
        for (int i = j; i < WIDTH; i += 4) {
            pv t = pv_add32(s[i], sum_less_p);
            s[i] =
                constants == NULL
                    ? pv_canonical(t)
                    : pv_add32(t, pv_select_negative(pv_all(less_p[i]), pv_all(constants[i].v), t));
        }
    }
}

static inline void external_layer(pv s[WIDTH], const pp_fp *constants, const uint32_t *less_p) {
    pv sums[4];
    for (int b = 0; b < WIDTH; b += 4) {
        mix_four(s + b);
        for (int i = 0; i < 4; i++) sums[i] = b == 0 ? s[i] : pv_add(sums[i], s[b + i]);
    }
    add_sums(s, sums, constants, less_p);
}

// S-boxes and external layer of one round; in and out as add_sums leaves them.
static inline void full_round(pv s[WIDTH], const pp_fp *constants, const uint32_t *less_p) {
    for (int i = 0; i < WIDTH; i += BOXES) cubes_exchanged(s + i);
    external_layer(s, constants, less_p);
}

// Masks and factors of low parts, in memory: operands of the instructions that use them. (Made from
// numbers in the code they would take two instructions each, and a register.)
typedef struct low_parts {
    uint32_t mask[10][PV_LEN], factor[10][PV_LEN]; // of n = 1 … 9; 24 is at 0
} low_parts;
#if defined(PP_SIMD_AVX512)
#define LANES(x) {x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}
#else
#define LANES(x) {x, x, x, x, x, x, x, x}
#endif
#define MASK(n) LANES((1u << (n)) - 1)
#define FACTOR(n) LANES(127u << (24 - (n)))
static const alignas(64) low_parts low_parts_table = {
    {MASK(24), MASK(1), MASK(2), MASK(3), MASK(4), MASK(5), MASK(6), MASK(7), MASK(8), MASK(9)},
    {FACTOR(24), FACTOR(1), FACTOR(2), FACTOR(3), FACTOR(4), FACTOR(5), FACTOR(6), FACTOR(7),
     FACTOR(8), FACTOR(9)}};
#undef MASK
#undef FACTOR

// (x mod 2^n) · 127 · 2^(24−n), at most p − 1 − 127 · 2^(24−n).
static inline pv low_part(const low_parts *c, pv x, int n) {
    return pv_mullo32(pv_and(x, pv_load(c->mask[n % 24])), pv_load(c->factor[n % 24]));
}
// sum ± x / 2^n, loose, for loose x and canonical sum; in 32 bits without a carry or borrow:
// - n ≥ 1: sum − low part, brought to [0, p), + high part;
#define DIVIDED(x, n)                                                                              \
    pv_add32(pv_canonical(pv_sub32(sum, low_part(c, (x), (n)))), PV_SHR32((x), (n)))
// - n ≥ 8: sum + p − low part is in [2, 2p), and the high part at most 2^24;
#define DIVIDED_FAR(x, n) pv_add32(pv_sub32(sum_p, low_part(c, (x), (n))), PV_SHR32((x), (n)))
// - n ≥ 3: of y = sum + low part, below 2p, the larger of y and y + p in 32 bits is y or y + p and
//   at least p, which is more than the high part;
static inline pv at_least_p(pv y) {
    return pv_max32(y, pv_add32(y, pv_p()));
}
#define DIVIDED_OFF(x, n)                                                                          \
    pv_sub32(at_least_p(pv_add32(sum, low_part(c, (x), (n)))), PV_SHR32((x), (n)))
// - n ≥ 7: plus 2^25, which is more than the high part; with the low part's bound the whole is at
//   most 2p + 2^25 − 2 − 127 · 2^(24−n), below 2^32. The lane is kept as x + internal_offsets, for
//   which adding 2^25 is right.
#define DIVIDED_OFF_FAR(x, n)                                                                      \
    pv_sub32(pv_add32(sum_lift, low_part(c, (x), (n))), PV_SHR32((x), (n)))
// 4x, canonical, for loose x.
static inline pv four_times(pv x) {
    pv t = pv_sub32(PV_SHL32(x, 2), pv_mullo32(PV_SHR32(x, 29), pv_opaque(pv_p())));
    return pv_reduce_once(t);
}

// 64-bit sums of 32-bit lanes: all of it, and the odd lanes apart. They begin with minus the sum of
// the offsets. (Opaque: the compiler would add in an order of its own, for which registers lack.)
typedef struct lane_sums {
    pv all, odd;
} lane_sums;
static inline lane_sums lane_begin(void) {
    pv begin = pv_all(INTERNAL_LESS_OFFSETS);
    return (lane_sums){begin, PV_SHR64(begin, 32)};
}
static inline void lane_add(lane_sums *t, pv x) {
    t->all = pv_opaque(pv_add64(t->all, x));
    t->odd = pv_opaque(pv_add64(t->odd, PV_SHR64(x, 32)));
}
// The sums, below 2^37, canonical: 2^32 = 2^25 − 2.
static inline pv lane_total(lane_sums t) {
    pv odd_up = PV_SHL64(t.odd, 32), even = pv_sub64(t.all, odd_up);
    pv low = pv_reduce_once(pv_mix(even, odd_up)), high = pv_mix(pv_odd(even), t.odd);
    pv top = pv_mullo32(high, pv_opaque(pv_all((1u << 25) - 2)));
    return pv_reduce_once(pv_add32(low, top));
}

// The linear layer of an internal round: x is the S-box's result and rest the sum of s[1] and all
// above. s[1], 2, 4, 6 and 7 are canonical, all others loose, some with offsets. Returns the rest
// of the next round.
static inline __attribute__((always_inline)) pv internal_layer(pv s[WIDTH], pv x, pv rest,
                                                               const low_parts *c) {
    pv sum = pv_add(x, rest), sum_p = pv_add32(sum, pv_p());
    pv sum_lift = pv_add32(sum, pv_all(INTERNAL_LIFT));
    lane_sums t[2] = {lane_begin(), {pv_zero(), pv_zero()}};
    // The diagonal: −2 (s[0], not here) 1 2 1/2 3 4 −1/2 −3 −4, then ± powers of 1/2.
    s[1] = pv_add(s[1], sum);
    s[2] = pv_add(pv_add(s[2], s[2]), sum);
    lane_add(&t[0], pv_add32(s[1], s[2]));
    s[4] = pv_add(pv_add(pv_add(s[4], s[4]), s[4]), sum);
    pv half = pv_mullo32(pv_and(s[6], pv_all(1)), pv_opaque(pv_all((PP_FP_MODULUS + 1) / 2)));
    s[6] = pv_sub(sum, pv_add32(PV_SHR32(s[6], 1), half));
    lane_add(&t[1], pv_add32(s[4], s[6]));
    s[7] = pv_sub(sum, pv_add(pv_add(s[7], s[7]), s[7]));
    lane_add(&t[0], s[7]);
#define PUT(i, value)                                                                              \
    s[i] = value;                                                                                  \
    lane_add(&t[(i) % 2], s[i])
    PUT(3, DIVIDED(s[3], 1));
    PUT(5, pv_add32(four_times(s[5]), sum));
    PUT(8, pv_sub32(sum_p, four_times(s[8])));
    PUT(9, DIVIDED_FAR(s[9], 8));
    PUT(10, DIVIDED(s[10], 2));
    PUT(11, DIVIDED(s[11], 3));
    PUT(12, DIVIDED(s[12], 4));
    PUT(13, DIVIDED(s[13], 5));
    PUT(14, DIVIDED(s[14], 6));
    PUT(15, DIVIDED_FAR(s[15], 24));
    PUT(16, DIVIDED_OFF_FAR(s[16], 8));
    PUT(17, DIVIDED_OFF(s[17], 3));
    PUT(18, DIVIDED_OFF(s[18], 4));
    PUT(19, DIVIDED_OFF(s[19], 5));
    PUT(20, DIVIDED_OFF(s[20], 6));
    PUT(21, DIVIDED_OFF_FAR(s[21], 7));
    PUT(22, DIVIDED_OFF_FAR(s[22], 9));
    PUT(23, DIVIDED_OFF_FAR(s[23], 24));
#undef PUT
    t[0].all = pv_add64(t[0].all, t[1].all);
    t[0].odd = pv_add64(t[0].odd, t[1].odd);
    return lane_total(t[0]);
}

// Two groups of states take turns, so that the long chains of one (the S-box, the sum of all) run
// beside the wide work of the other.
enum { GROUPS = 2, STATES = GROUPS * PV_LEN };

// s[0] of the next round is sum − 2x = rest − x: known before the others.
static __attribute__((noinline)) void internal_rounds(pv s[GROUPS][WIDTH]) {
    pv rest[GROUPS], x[GROUPS];
    const low_parts *c = pv_opaque_pointer(&low_parts_table);
    for (int g = 0; g < GROUPS; g++) {
        lane_sums t = lane_begin();
        for (int i = 1; i < WIDTH; i++) {
            if (internal_offsets[i] != 0) s[g][i] = pv_add32(s[g][i], pv_all(internal_offsets[i]));
            lane_add(&t, s[g][i]);
        }
        rest[g] = lane_total(t);
        x[g] = cube(pv_add32(s[g][0], pv_all(internal_constants[0].v - PP_FP_MODULUS)));
    }
    for (int r = 1; r < PARTIAL; r++)
        for (int g = 0; g < GROUPS; g++) {
            pv s0 = pv_sub(rest[g], x[g]);
            pv next = cube(pv_add32(s0, pv_all(internal_constants[r].v - PP_FP_MODULUS)));
            rest[g] = internal_layer(s[g], x[g], rest[g], c);
            x[g] = next;
        }
    for (int g = 0; g < GROUPS; g++) {
        s[g][0] = pv_sub(rest[g], x[g]);
        (void)internal_layer(s[g], x[g], rest[g], c);
    }
}

static void permute_states(pv s[GROUPS][WIDTH]) {
    for (int g = 0; g < GROUPS; g++) {
        external_layer(s[g], external_constants[0], external_less_p[0]);
        for (int r = 1; r < HALF_FULL; r++)
            full_round(s[g], external_constants[r], external_less_p[r]);
        full_round(s[g], NULL, NULL);
    }
    internal_rounds(s);
    for (int g = 0; g < GROUPS; g++) {
        for (int i = 0; i < WIDTH; i++) {
            pp_fp c = pp_fp_sub(external_constants[HALF_FULL][i], (pp_fp){internal_offsets[i]});
            pv t = pv_reduce_once(pv_reduce_once(s[g][i]));
            s[g][i] = pv_add32(t, pv_all(c.v - PP_FP_MODULUS));
        }
        for (int r = HALF_FULL + 1; r < 2 * HALF_FULL; r++)
            full_round(s[g], external_constants[r], external_less_p[r]);
        full_round(s[g], NULL, NULL);
    }
}

// Words of `count` items to lanes and back; `stride` words lie between items. Where count is less
// than STATES the last item stands in for those missing.
static inline uint8_t *word_at(pv s[GROUPS][WIDTH], size_t i, size_t lane) {
    return (uint8_t *)&s[lane / PV_LEN][i] + lane % PV_LEN * sizeof(uint32_t);
}
static inline void gather(pv s[GROUPS][WIDTH], const pp_fp *words, size_t stride, size_t len,
                          size_t count) {
    for (size_t lane = 0; lane < STATES; lane += 8)
        if (len >= 8 && lane + 8 <= count)
            // Eight words at a time; the last eight may overlap those before.
            for (size_t i = 0; i < len; i += 8) {
                size_t at = len - i < 8 ? len - 8 : i;
                __m256i r[8];
                for (size_t k = 0; k < 8; k++)
                    r[k] = _mm256_loadu_si256((const __m256i *)(words + (lane + k) * stride + at));
                pv_transpose8(r);
                for (size_t k = 0; k < 8; k++)
                    _mm256_storeu_si256((__m256i *)word_at(s, at + k, lane), r[k]);
            }
        else
            for (size_t k = lane; k < lane + 8; k++) {
                const pp_fp *item = words + (k < count ? k : count - 1) * stride;
                for (size_t i = 0; i < len; i++) memcpy(word_at(s, i, k), &item[i], sizeof *item);
            }
}
static inline void scatter(pp_fp *words, size_t stride, size_t len, size_t count,
                           pv s[GROUPS][WIDTH]) {
    for (size_t lane = 0; lane < count; lane += 8)
        if (len >= 8 && lane + 8 <= count)
            for (size_t i = 0; i < len; i += 8) {
                size_t at = len - i < 8 ? len - 8 : i;
                __m256i r[8];
                for (size_t k = 0; k < 8; k++)
                    r[k] = _mm256_loadu_si256((const __m256i *)word_at(s, at + k, lane));
                pv_transpose8(r);
                for (size_t k = 0; k < 8; k++)
                    _mm256_storeu_si256((__m256i *)(words + (lane + k) * stride + at), r[k]);
            }
        else
            for (size_t k = lane; k < lane + 8 && k < count; k++)
                for (size_t i = 0; i < len; i++)
                    memcpy(&words[k * stride + i], word_at(s, i, k), sizeof *words);
}
static inline size_t count_at(size_t n, size_t i) {
    return n - i < STATES ? n - i : STATES;
}
static inline void set_all(pv s[GROUPS][WIDTH], size_t i, pp_fp x) {
    for (size_t g = 0; g < GROUPS; g++) s[g][i] = pv_all(x.v);
}

static void permute(pp_fp (*states)[WIDTH], size_t n) {
    pv s[GROUPS][WIDTH];
    for (size_t i = 0; i < n; i += STATES) {
        gather(s, states[i], WIDTH, WIDTH, count_at(n, i));
        permute_states(s);
        scatter(states[i], WIDTH, WIDTH, count_at(n, i), s);
    }
}

static void leaves(pp_digest *out, const pp_fp *rows, size_t n, size_t width, uint32_t domain,
                   uint32_t parameter) {
    PP_ASSERT(domain < PP_FP_MODULUS && parameter < PP_FP_MODULUS && (uint64_t)width >> 48 == 0);
    pv s[GROUPS][WIDTH], block[GROUPS][WIDTH];
    for (size_t i = 0; i < n; i += STATES) {
        size_t count = count_at(n, i), at = 0;
        for (size_t k = 0; k < WIDTH; k++) set_all(s, k, (pp_fp){0});
        set_all(s, RATE, pp_fp_from_u32(domain));
        set_all(s, RATE + 1, pp_fp_from_u32(parameter));
        set_all(s, RATE + 2, pp_fp_from_u32((uint32_t)width & 0xffffff));
        set_all(s, RATE + 3, pp_fp_from_u32((uint32_t)((uint64_t)width >> 24)));
        do {
            size_t take = width - at < RATE ? width - at : RATE;
            if (take == RATE) // a constant length, for the compiler
                gather(block, rows + i * width + at, width, RATE, count);
            else
                gather(block, rows + i * width + at, width, take, count);
            for (size_t g = 0; g < GROUPS; g++)
                for (size_t k = 0; k < take; k++) s[g][k] = pv_add(s[g][k], block[g][k]);
            permute_states(s);
            at += take;
        } while (at < width);
        scatter(out[i].e, PP_DIGEST_LEN, PP_DIGEST_LEN, count, s);
    }
}

static void nodes(pp_digest *out, const pp_digest *children, size_t n, uint32_t tag) {
    pv s[GROUPS][WIDTH];
    for (size_t i = 0; i < n; i += STATES) {
        // Two digests side by side are the first 18 words.
        gather(s, children[2 * i].e, 2 * PP_DIGEST_LEN, 2 * PP_DIGEST_LEN, count_at(n, i));
        set_all(s, 2 * PP_DIGEST_LEN, pp_fp_from_u32(tag));
        for (size_t k = 2 * PP_DIGEST_LEN + 1; k < WIDTH; k++) set_all(s, k, (pp_fp){0});
        permute_states(s);
        scatter(out[i].e, PP_DIGEST_LEN, PP_DIGEST_LEN, count_at(n, i), s);
    }
}
