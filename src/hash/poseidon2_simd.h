// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 on PV_LEN states at once, one in each lane, over field/simd.h. Included by one source
// for each instruction set, which makes a table of the kernels at the end.
//
// What makes it fast:
// - the S-box takes any int32 in [−p, p], so that a round constant is added without a reduction;
// - the results of the S-box's even and odd halves are joined in one shuffle that exchanges the two
//   middle lanes of every four: harmless, as a whole round does it alike and rounds come in fours;
// - the internal layer's diagonal is small numbers and ± powers of 1/2, and x / 2^n is
//   (x >> n) − (x mod 2^n) · 127 · 2^(24−n), because 2^24 · 127 = −1; its results are left anywhere
//   in 32 bits ("loose"), which sums and the next division take as they are.
#include "field/simd.h"
#include "hash/batch_kernels.h"
#include "hash/poseidon2_constants.inc"

enum { WIDTH = PP_POSEIDON2_WIDTH, HALF_FULL = 4, PARTIAL = 23, RATE = PP_SPONGE_RATE };

// The high halves of x^3 for the even lanes; signed.
static inline pv cube_half(pv x) {
    pv mu = pv_all(PP_FP_INVERSE), p = pv_p();
    pv s = pv_muls(x, x);
    s = pv_odd(pv_sub64(s, pv_muls(pv_muls(s, mu), p)));
    s = pv_muls(s, x);
    return pv_sub64(s, pv_muls(pv_muls(s, mu), p));
}
// Canonical, lanes in order; and with middle lanes exchanged.
static inline pv cube(pv x) {
    return pv_canonical(pv_mix(pv_odd(cube_half(x)), cube_half(pv_odd(x))));
}
static inline pv cube_exchanged(pv x) {
    return pv_canonical(pv_odd_pairs(cube_half(x), cube_half(pv_odd(x))));
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

// S-boxes and external layer of one round; in and out as add_sums leaves them.
static inline void full_round(pv s[WIDTH], const pp_fp *constants, const uint32_t *less_p) {
    pv sums[4];
    for (int b = 0; b < WIDTH; b += 4) {
        pv x[4];
        for (int i = 0; i < 4; i++) x[i] = cube_exchanged(s[b + i]);
        mix_four(x);
        for (int i = 0; i < 4; i++) {
            s[b + i] = x[i];
            sums[i] = b == 0 ? x[i] : pv_add(sums[i], x[i]);
        }
    }
    add_sums(s, sums, constants, less_p);
}

static inline void first_layer(pv s[WIDTH]) {
    pv sums[4];
    for (int b = 0; b < WIDTH; b += 4) {
        mix_four(s + b);
        for (int i = 0; i < 4; i++) sums[i] = b == 0 ? s[i] : pv_add(sums[i], s[b + i]);
    }
    add_sums(s, sums, external_constants[0], external_less_p[0]);
}

// sum + x / 2^n, loose, for loose x: at most p + 2^(32−n). n is 1 to 9 or 24.
#define DIVIDED(x, n, sum)                                                                         \
    pv_add32(pv_canonical(pv_sub32((sum), pv_mullo32(pv_and((x), pv_all((1u << (n)) - 1)),         \
                                                     pv_all(127u << (24 - (n)))))),                \
             PV_SHR32((x), (n)))
// sum − x / 2^n, loose, for loose x, n ≥ 3. Of y = sum + low part, below 2p, the larger of y and
// y + p in 32 bits is y or y + p and at least p.
static inline pv at_least_p(pv y) {
    return pv_max32(y, pv_add32(y, pv_p()));
}
#define DIVIDED_OFF(x, n, sum)                                                                     \
    pv_sub32(at_least_p(pv_add32((sum), pv_mullo32(pv_and((x), pv_all((1u << (n)) - 1)),           \
                                                   pv_all(127u << (24 - (n)))))),                  \
             PV_SHR32((x), (n)))

// 64-bit sums of 32-bit lanes: all of it, and the odd lanes apart.
typedef struct lane_sums {
    pv all, odd;
} lane_sums;
static inline lane_sums lane_add(lane_sums t, pv x) {
    return (lane_sums){pv_add64(t.all, x), pv_add64(t.odd, PV_SHR64(x, 32))};
}
// The sums, below 2^37, canonical: 2^32 = 2^25 − 2.
static inline pv lane_total(lane_sums t) {
    pv odd_up = PV_SHL64(t.odd, 32), even = pv_sub64(t.all, odd_up);
    pv low = pv_reduce_once(pv_mix(even, odd_up)), high = pv_mix(pv_odd(even), t.odd);
    return pv_reduce_once(pv_add32(low, pv_mullo32(high, pv_all((1u << 25) - 2))));
}

// Round r of the internal ones. s[0] to s[8] canonical but 3, 5 and 8, all others loose.
static inline void internal_round(pv s[WIDTH], int r) {
    pv x = cube(pv_add32(s[0], pv_all(internal_constants[r].v - PP_FP_MODULUS)));
    lane_sums t = {pv_zero(), pv_zero()};
    for (int i = 9; i < WIDTH; i++) t = lane_add(t, s[i]);
    t = lane_add(lane_add(lane_add(t, s[3]), s[5]), s[8]);
    t = lane_add(lane_add(t, pv_add32(s[1], s[2])), pv_add32(s[4], s[6]));
    pv rest = lane_total(lane_add(t, s[7]));
    pv sum = pv_add(x, rest), sum_p = pv_add32(sum, pv_p());
    // The diagonal: −2 1 2 1/2 3 4 −1/2 −3 −4, then ± powers of 1/2. sum − 2x = rest − x.
    s[0] = pv_sub(rest, x);
    s[1] = pv_add(s[1], sum);
    s[2] = pv_add(pv_add(s[2], s[2]), sum);
    s[3] = DIVIDED(s[3], 1, sum);
    s[4] = pv_add(pv_add(pv_add(s[4], s[4]), s[4]), sum);
    pv four = pv_sub32(PV_SHL32(s[5], 2), pv_mullo32(PV_SHR32(s[5], 29), pv_p()));
    s[5] = pv_add32(pv_reduce_once(four), sum);
    pv half = pv_mullo32(pv_and(s[6], pv_all(1)), pv_all((PP_FP_MODULUS + 1) / 2));
    s[6] = pv_sub(sum, pv_add32(PV_SHR32(s[6], 1), half));
    s[7] = pv_sub(sum, pv_add(pv_add(s[7], s[7]), s[7]));
    four = pv_sub32(PV_SHL32(s[8], 2), pv_mullo32(PV_SHR32(s[8], 29), pv_p()));
    s[8] = pv_sub32(sum_p, pv_reduce_once(four));
    s[9] = DIVIDED(s[9], 8, sum);
    s[10] = DIVIDED(s[10], 2, sum);
    s[11] = DIVIDED(s[11], 3, sum);
    s[12] = DIVIDED(s[12], 4, sum);
    s[13] = DIVIDED(s[13], 5, sum);
    s[14] = DIVIDED(s[14], 6, sum);
    s[15] = DIVIDED(s[15], 24, sum);
    s[16] = DIVIDED_OFF(s[16], 8, sum);
    s[17] = DIVIDED_OFF(s[17], 3, sum);
    s[18] = DIVIDED_OFF(s[18], 4, sum);
    s[19] = DIVIDED_OFF(s[19], 5, sum);
    s[20] = DIVIDED_OFF(s[20], 6, sum);
    s[21] = DIVIDED_OFF(s[21], 7, sum);
    s[22] = DIVIDED_OFF(s[22], 9, sum);
    s[23] = DIVIDED_OFF(s[23], 24, sum);
}

static void permute_lanes(pv s[WIDTH]) {
    first_layer(s);
    for (int r = 1; r < HALF_FULL; r++) full_round(s, external_constants[r], external_less_p[r]);
    full_round(s, NULL, NULL);
    for (int r = 0; r < PARTIAL; r++) internal_round(s, r);
    for (int i = 0; i < WIDTH; i++) {
        const pp_fp *c = external_constants[HALF_FULL];
        pv t = pv_reduce_once(pv_reduce_once(s[i]));
        s[i] = pv_add32(t, pv_sub32(pv_all(c[i].v), pv_p()));
    }
    for (int r = HALF_FULL + 1; r < 2 * HALF_FULL; r++)
        full_round(s, external_constants[r], external_less_p[r]);
    full_round(s, NULL, NULL);
}

// Words of PV_LEN items to lanes and back; `stride` words lie between items.
static inline void gather(pv *s, const pp_fp *words, size_t stride, size_t len) {
    pp_fp t[WIDTH][PV_LEN];
    for (size_t lane = 0; lane < PV_LEN; lane++)
        for (size_t i = 0; i < len; i++) t[i][lane] = words[lane * stride + i];
    for (size_t i = 0; i < len; i++) s[i] = pv_load(t[i]);
}
static inline void scatter(pp_fp *words, size_t stride, size_t len, const pv *s) {
    pp_fp t[WIDTH][PV_LEN];
    for (size_t i = 0; i < len; i++) pv_store(t[i], s[i]);
    for (size_t lane = 0; lane < PV_LEN; lane++)
        for (size_t i = 0; i < len; i++) words[lane * stride + i] = t[i][lane];
}

static void permute(pp_fp (*states)[WIDTH], size_t n) {
    size_t i = 0;
    for (; i + PV_LEN <= n; i += PV_LEN) {
        pv s[WIDTH];
        gather(s, states[i], WIDTH, WIDTH);
        permute_lanes(s);
        scatter(states[i], WIDTH, WIDTH, s);
    }
    pp_hash_portable.permute(states + i, n - i);
}

static void leaves(pp_digest *out, const pp_fp *rows, size_t n, size_t width, uint32_t domain,
                   uint32_t parameter) {
    PP_ASSERT(domain < PP_FP_MODULUS && parameter < PP_FP_MODULUS && (uint64_t)width >> 48 == 0);
    size_t i = 0;
    for (; i + PV_LEN <= n; i += PV_LEN) {
        pv s[WIDTH], block[RATE];
        for (int k = 0; k < WIDTH; k++) s[k] = pv_zero();
        s[RATE] = pv_all(pp_fp_from_u32(domain).v);
        s[RATE + 1] = pv_all(pp_fp_from_u32(parameter).v);
        s[RATE + 2] = pv_all(pp_fp_from_u32((uint32_t)width & 0xffffff).v);
        s[RATE + 3] = pv_all(pp_fp_from_u32((uint32_t)((uint64_t)width >> 24)).v);
        size_t at = 0;
        do {
            size_t take = width - at < RATE ? width - at : RATE;
            if (take == RATE) // a constant length, for the compiler
                gather(block, rows + i * width + at, width, RATE);
            else
                gather(block, rows + i * width + at, width, take);
            for (size_t k = 0; k < take; k++) s[k] = pv_add(s[k], block[k]);
            permute_lanes(s);
            at += take;
        } while (at < width);
        scatter(out[i].e, PP_DIGEST_LEN, PP_DIGEST_LEN, s);
    }
    pp_hash_portable.leaves(out + i, rows + i * width, n - i, width, domain, parameter);
}

static void nodes(pp_digest *out, const pp_digest *children, size_t n, uint32_t tag) {
    size_t i = 0;
    for (; i + PV_LEN <= n; i += PV_LEN) {
        pv s[WIDTH];
        // Two digests side by side are the first 18 words.
        gather(s, children[2 * i].e, 2 * PP_DIGEST_LEN, 2 * PP_DIGEST_LEN);
        s[2 * PP_DIGEST_LEN] = pv_all(pp_fp_from_u32(tag).v);
        for (int k = 2 * PP_DIGEST_LEN + 1; k < WIDTH; k++) s[k] = pv_zero();
        permute_lanes(s);
        scatter(out[i].e, PP_DIGEST_LEN, PP_DIGEST_LEN, s);
    }
    pp_hash_portable.nodes(out + i, children + 2 * i, n - i, tag);
}
