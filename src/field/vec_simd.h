// SPDX-License-Identifier: MIT OR Apache-2.0
// The kernels of field/vec.h written over field/simd.h. Each source that includes this, one for
// each instruction set, gets its own copy and makes a table of them. What is left over behind the
// last full vector goes through the inline functions of field/ext.h.
#include "field/simd.h"
#include "field/vec_kernels.h"

#define EACH_VECTOR(i, n) for (; (i) + PV_LEN <= (n); (i) += PV_LEN)

static void fp_vec_add(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n) {
    size_t i = 0;
    EACH_VECTOR(i, n) pv_store(out + i, pv_add(pv_load(a + i), pv_load(b + i)));
    for (; i < n; i++) out[i] = pp_fp_add(a[i], b[i]);
}
static void fp_vec_sub(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n) {
    size_t i = 0;
    EACH_VECTOR(i, n) pv_store(out + i, pv_sub(pv_load(a + i), pv_load(b + i)));
    for (; i < n; i++) out[i] = pp_fp_sub(a[i], b[i]);
}
static void fp_vec_mul(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n) {
    size_t i = 0;
    EACH_VECTOR(i, n) pv_store(out + i, pv_mul(pv_load(a + i), pv_load(b + i)));
    for (; i < n; i++) out[i] = pp_fp_mul(a[i], b[i]);
}
static void fp_vec_scale(pp_fp *out, pp_fp s, const pp_fp *a, size_t n) {
    size_t i = 0;
    pv_factor f = pv_factor_of(pv_all(s.v));
    EACH_VECTOR(i, n) pv_store(out + i, pv_canonical(pv_mul_scalar(pv_load(a + i), f)));
    for (; i < n; i++) out[i] = pp_fp_mul(s, a[i]);
}
static void fp_vec_axpy(pp_fp *acc, pp_fp s, const pp_fp *a, size_t n) {
    size_t i = 0;
    pv_factor f = pv_factor_of(pv_all(s.v));
    EACH_VECTOR(i, n) {
        pv t = pv_canonical(pv_mul_scalar(pv_load(a + i), f));
        pv_store(acc + i, pv_add(pv_load(acc + i), t));
    }
    for (; i < n; i++) acc[i] = pp_fp_add(acc[i], pp_fp_mul(s, a[i]));
}

// A 64-bit sum whose high half is kept below p: with two products more it stays below 2p.
static inline pv low_sum(pv s) {
    return pv_min32(s, pv_sub32(s, pv_all64((uint64_t)PP_FP_MODULUS << 32)));
}

static pp_fp fp_vec_dot(const pp_fp *a, const pp_fp *b, size_t n) {
    size_t i = 0;
    pv even = pv_zero(), odd = pv_zero();
    for (; i + 2 * PV_LEN <= n; i += 2 * PV_LEN) {
        pv x = pv_load(a + i), y = pv_load(b + i);
        pv z = pv_load(a + i + PV_LEN), w = pv_load(b + i + PV_LEN);
        even = pv_add64(even, pv_add64(pv_mulu(x, y), pv_mulu(z, w)));
        odd = pv_add64(odd, pv_add64(pv_mulu(pv_odd(x), pv_odd(y)), pv_mulu(pv_odd(z), pv_odd(w))));
        even = low_sum(even);
        odd = low_sum(odd);
    }
    pp_fp sum = pv_sum(pv_canonical(pv_reduce_wide(even, odd)));
    for (; i < n; i++) sum = pp_fp_add(sum, pp_fp_mul(a[i], b[i]));
    return sum;
}

// All ones in lanes where a is zero.
static inline pv is_zero(pv a) {
    pv one = pv_all(1);
    return pv_sub32(pv_min32(a, one), one);
}
static inline pv and_not(pv a, pv mask) {
    return pv_sub32(a, pv_and(a, mask));
}

// Montgomery's trick in every lane of four vectors, so that the chains of products overlap.
enum { CHAINS = 4 };
static void fp_vec_inverse(pp_fp *out, const pp_fp *a, size_t n) {
    const size_t step = CHAINS * PV_LEN, full = n / step * step;
    pv one = pv_all(pp_fp_one().v), all[CHAINS];
    pp_fp lanes[CHAINS * PV_LEN], inverses[CHAINS * PV_LEN];
    for (size_t k = 0; k < CHAINS; k++) all[k] = one;
    for (size_t i = 0; i < full; i += step)
        for (size_t k = 0; k < CHAINS; k++) {
            pv x = pv_load(a + i + k * PV_LEN);
            x = pv_add32(x, pv_and(one, is_zero(x)));
            pv_store(out + i + k * PV_LEN, all[k]);
            all[k] = pv_mul(all[k], x);
        }
    for (size_t k = 0; k < CHAINS; k++) pv_store(lanes + k * PV_LEN, all[k]);
    pp_vec_portable.fp_vec_inverse(inverses, lanes, step);
    for (size_t k = 0; k < CHAINS; k++) all[k] = pv_load(inverses + k * PV_LEN);
    for (size_t i = full; i > 0;) {
        i -= step;
        for (size_t k = 0; k < CHAINS; k++) {
            pv x = pv_load(a + i + k * PV_LEN), zero = is_zero(x);
            pv before = pv_load(out + i + k * PV_LEN);
            pv_store(out + i + k * PV_LEN, and_not(pv_mul(all[k], before), zero));
            all[k] = pv_mul(all[k], pv_add32(x, pv_and(one, zero)));
        }
    }
    pp_vec_portable.fp_vec_inverse(out + full, a + full, n - full);
}

static void fp_vec_powers(pp_fp *out, pp_fp first, pp_fp ratio, size_t n) {
    const size_t step = CHAINS * PV_LEN;
    size_t i = 0;
    pv_factor f = pv_factor_of(pv_all(pp_fp_pow(ratio, step).v));
    for (; i < n && i < step; i++, first = pp_fp_mul(first, ratio)) out[i] = first;
    EACH_VECTOR(i, n) pv_store(out + i, pv_canonical(pv_mul_scalar(pv_load(out + i - step), f)));
    for (; i < n; i++) out[i] = pp_fp_mul(out[i - 1], ratio);
}

static void ext_vec_add(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n) {
    fp_vec_add(out->c, a->c, b->c, n * PP_EXT_DEGREE);
}
static void ext_vec_sub(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n) {
    fp_vec_sub(out->c, a->c, b->c, n * PP_EXT_DEGREE);
}
static void ext_vec_mul(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n) {
    size_t i = 0;
    EACH_VECTOR(i, n) pvx_store(out + i, pvx_mul(pvx_load(a + i), pvx_load(b + i)));
    for (; i < n; i++) out[i] = pp_ext_mul(a[i], b[i]);
}
static void ext_vec_scale(pp_ext *out, pp_ext s, const pp_ext *a, size_t n) {
    size_t i = 0;
    pvx_factor f = pvx_factor_of(pvx_all(s));
    EACH_VECTOR(i, n) pvx_store(out + i, pvx_mul_factor(pvx_load(a + i), &f));
    for (; i < n; i++) out[i] = pp_ext_mul(s, a[i]);
}
static void ext_vec_axpy(pp_ext *acc, pp_ext s, const pp_ext *a, size_t n) {
    size_t i = 0;
    pvx_factor f = pvx_factor_of(pvx_all(s));
    EACH_VECTOR(i, n) {
        pvx t = pvx_mul_factor(pvx_load(a + i), &f);
        pvx_store(acc + i, pvx_add(pvx_load(acc + i), t));
    }
    for (; i < n; i++) acc[i] = pp_ext_add(acc[i], pp_ext_mul(s, a[i]));
}
static pp_ext ext_vec_dot(const pp_ext *a, const pp_ext *b, size_t n) {
    size_t i = 0;
    pvx sums = pvx_all(pp_ext_zero());
    EACH_VECTOR(i, n) sums = pvx_add(sums, pvx_mul(pvx_load(a + i), pvx_load(b + i)));
    pp_ext sum = pvx_sum(sums);
    for (; i < n; i++) sum = pp_ext_add(sum, pp_ext_mul(a[i], b[i]));
    return sum;
}

static inline pv pvx_is_zero(pvx a) {
    pv m = pv_max32(pv_max32(a.c[0], a.c[1]), pv_max32(a.c[2], a.c[3]));
    return is_zero(pv_max32(m, a.c[4]));
}
static void ext_vec_inverse(pp_ext *out, const pp_ext *a, size_t n) {
    const size_t full = n / PV_LEN * PV_LEN;
    pv one = pv_all(pp_fp_one().v);
    pvx all = pvx_all(pp_ext_one());
    pp_ext lanes[PV_LEN], inverses[PV_LEN];
    for (size_t i = 0; i < full; i += PV_LEN) {
        pvx x = pvx_load(a + i);
        x.c[0] = pv_add32(x.c[0], pv_and(one, pvx_is_zero(x)));
        pvx_store(out + i, all);
        all = pvx_mul(all, x);
    }
    pvx_store(lanes, all);
    pp_vec_portable.ext_vec_inverse(inverses, lanes, PV_LEN);
    all = pvx_load(inverses);
    for (size_t i = full; i > 0;) {
        i -= PV_LEN;
        pvx x = pvx_load(a + i), r = pvx_mul(pvx_load(out + i), all);
        pv zero = pvx_is_zero(x);
        for (int k = 0; k < PP_EXT_DEGREE; k++) r.c[k] = and_not(r.c[k], zero);
        x.c[0] = pv_add32(x.c[0], pv_and(one, zero));
        pvx_store(out + i, r);
        all = pvx_mul(all, x);
    }
    pp_vec_portable.ext_vec_inverse(out + full, a + full, n - full);
}

static void ext_vec_powers(pp_ext *out, pp_ext first, pp_ext ratio, size_t n) {
    const size_t step = 2 * PV_LEN;
    size_t i = 0;
    pvx_factor f = pvx_factor_of(pvx_all(pp_ext_pow(ratio, step)));
    for (; i < n && i < step; i++, first = pp_ext_mul(first, ratio)) out[i] = first;
    EACH_VECTOR(i, n) pvx_store(out + i, pvx_mul_factor(pvx_load(out + i - step), &f));
    for (; i < n; i++) out[i] = pp_ext_mul(out[i - 1], ratio);
}

static void ext_vec_mul_fp(pp_ext *out, const pp_ext *a, const pp_fp *b, size_t n) {
    size_t i = 0;
    EACH_VECTOR(i, n) pvx_store(out + i, pvx_mul_base(pvx_load(a + i), pv_load(b + i)));
    for (; i < n; i++) out[i] = pp_ext_mul_fp(a[i], b[i]);
}
// s · b, canonical.
static inline pvx scalar_times(const pv_factor f[PP_EXT_DEGREE], pv b) {
    pvx r;
    for (int k = 0; k < PP_EXT_DEGREE; k++) r.c[k] = pv_canonical(pv_mul_scalar(b, f[k]));
    return r;
}
static void ext_vec_axpy_fp(pp_ext *acc, pp_ext s, const pp_fp *b, size_t n) {
    size_t i = 0;
    pv_factor f[PP_EXT_DEGREE];
    for (int k = 0; k < PP_EXT_DEGREE; k++) f[k] = pv_factor_of(pv_all(s.c[k].v));
    EACH_VECTOR(i, n)
    pvx_store(acc + i, pvx_add(pvx_load(acc + i), scalar_times(f, pv_load(b + i))));
    for (; i < n; i++) acc[i] = pp_ext_add(acc[i], pp_ext_mul_fp(s, b[i]));
}
static pp_ext ext_vec_dot_fp(const pp_ext *a, const pp_fp *b, size_t n) {
    size_t i = 0;
    pv even[PP_EXT_DEGREE], odd[PP_EXT_DEGREE];
    for (int k = 0; k < PP_EXT_DEGREE; k++) even[k] = odd[k] = pv_zero();
    EACH_VECTOR(i, n) {
        pvx x = pvx_load(a + i);
        pv y = pv_load(b + i), y_odd = pv_odd(y);
        for (int k = 0; k < PP_EXT_DEGREE; k++) {
            even[k] = low_sum(pv_add64(even[k], pv_mulu(x.c[k], y)));
            odd[k] = low_sum(pv_add64(odd[k], pv_mulu(pv_odd(x.c[k]), y_odd)));
        }
    }
    pp_ext sum;
    for (int k = 0; k < PP_EXT_DEGREE; k++)
        sum.c[k] = pv_sum(pv_canonical(pv_reduce_wide(even[k], odd[k])));
    for (; i < n; i++) sum = pp_ext_add(sum, pp_ext_mul_fp(a[i], b[i]));
    return sum;
}

static void ext_vec_fold(pp_ext *out, const pp_ext *a, pp_ext r, size_t n) {
    size_t i = 0;
    pvx_factor f = pvx_factor_of(pvx_all(r));
    EACH_VECTOR(i, n) {
        pvx x = pvx_load(a + 2 * i), y = pvx_load(a + 2 * i + PV_LEN), low, high;
        for (int k = 0; k < PP_EXT_DEGREE; k++) {
            low.c[k] = pv_even_lanes(x.c[k], y.c[k]);
            high.c[k] = pv_odd_lanes(x.c[k], y.c[k]);
        }
        pvx_store(out + i, pvx_add(low, pvx_mul_factor(pvx_sub(high, low), &f)));
    }
    for (; i < n; i++)
        out[i] = pp_ext_add(a[2 * i], pp_ext_mul(r, pp_ext_sub(a[2 * i + 1], a[2 * i])));
}
static void ext_vec_fold_fp(pp_ext *out, const pp_fp *a, pp_ext r, size_t n) {
    size_t i = 0;
    pv_factor f[PP_EXT_DEGREE];
    for (int k = 0; k < PP_EXT_DEGREE; k++) f[k] = pv_factor_of(pv_all(r.c[k].v));
    EACH_VECTOR(i, n) {
        pv x = pv_load(a + 2 * i), y = pv_load(a + 2 * i + PV_LEN);
        pv low = pv_even_lanes(x, y), high = pv_odd_lanes(x, y);
        pvx t = scalar_times(f, pv_sub32(high, low));
        t.c[0] = pv_add(t.c[0], low);
        pvx_store(out + i, t);
    }
    for (; i < n; i++)
        out[i] = pp_ext_add_fp(pp_ext_mul_fp(r, pp_fp_sub(a[2 * i + 1], a[2 * i])), a[2 * i]);
}
