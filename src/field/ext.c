// SPDX-License-Identifier: MIT OR Apache-2.0
#include "field/ext.h"

enum { D = PP_EXT_DEGREE };

pp_ext pp_ext_pow(pp_ext a, uint64_t e) {
    pp_ext r = pp_ext_one();
    for (; e > 0; e >>= 1) {
        if (e & 1) r = pp_ext_mul(r, a);
        a = pp_ext_sqr(a);
    }
    return r;
}

// Solves a · x = 1 as five linear equations: elimination without division, one inversion for the
// five pivots together, then back from the last unknown.
pp_ext pp_ext_inverse(pp_ext a) {
    pp_fp m[D][D + 1]; // row i: coefficient i of X^j a for each j, and of 1
    pp_ext column = a;
    if (pp_ext_is_zero(a)) return a;
    for (int j = 0; j < D; j++, column = pp_ext_mul_x(column))
        for (int i = 0; i < D; i++) m[i][j] = column.c[i];
    for (int i = 0; i < D; i++) m[i][D] = i == 0 ? pp_fp_one() : (pp_fp){0};
    for (int k = 0; k < D; k++) {
        int pivot = k;
        while (m[pivot][k].v == 0) {
            pivot++;
            PP_ASSERT(pivot < D); // the map is invertible
        }
        for (int j = k; j <= D && pivot != k; j++) {
            pp_fp t = m[k][j];
            m[k][j] = m[pivot][j];
            m[pivot][j] = t;
        }
        for (int i = k + 1; i < D; i++)
            for (int j = D; j >= k; j--)
                m[i][j] = pp_fp_sub(pp_fp_mul(m[i][j], m[k][k]), pp_fp_mul(m[k][j], m[i][k]));
    }
    pp_fp before[D], all = pp_fp_one(); // before[k]: product of the pivots above k
    for (int k = 0; k < D; k++) {
        before[k] = all;
        all = pp_fp_mul(all, m[k][k]);
    }
    pp_fp inverse = pp_fp_inverse(all);
    pp_ext x;
    for (int k = D - 1; k >= 0; k--) {
        pp_fp rest = m[k][D];
        for (int j = k + 1; j < D; j++) rest = pp_fp_sub(rest, pp_fp_mul(m[k][j], x.c[j]));
        x.c[k] = pp_fp_mul(rest, pp_fp_mul(inverse, before[k]));
        inverse = pp_fp_mul(inverse, m[k][k]);
    }
    return x;
}

void pp_ext_encode(uint8_t out[PP_EXT_SIZE], pp_ext a) {
    for (int i = 0; i < D; i++) pp_fp_encode(out + PP_FP_SIZE * i, a.c[i]);
}

bool pp_ext_decode(pp_ext *out, const uint8_t in[PP_EXT_SIZE]) {
    pp_ext a;
    for (int i = 0; i < D; i++)
        if (!pp_fp_decode(&a.c[i], in + PP_FP_SIZE * i)) return false;
    *out = a;
    return true;
}
