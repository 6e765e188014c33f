// SPDX-License-Identifier: MIT OR Apache-2.0
#include "air/poseidon2.h"

#include "hash/poseidon2_round.h"

enum { W = PP_POSEIDON2_WIDTH, HALF = PP_POSEIDON2_HALF_FULL, PARTIAL = PP_POSEIDON2_PARTIAL };

static void internal_layer(pp_air_builder *b, pp_expr s[W]) {
    pp_expr sum = pp_air_sum(b, s, W);
    for (int i = 0; i < W; i++)
        s[i] = pp_air_add(sum, pp_air_mul(s[i], pp_air_const_fp(b, internal_diagonal[i])));
}

static pp_expr s_box(pp_air_builder *b, pp_expr real, pp_expr x, pp_fp constant) {
    pp_expr y = pp_air_add(x, pp_air_mul(real, pp_air_const_fp(b, constant)));
    return pp_air_mul(pp_air_mul(y, y), y);
}

static void full_round(pp_air_builder *b, pp_expr real, pp_expr s[W], int r, bool in_columns) {
    static const char *const names[2 * HALF] = {"full_0", "full_1", "full_2", "full_3",
                                                "full_4", "full_5", "full_6", "full_7"};
    pp_expr y[W];
    if (in_columns) pp_air_columns(b, y, W, names[r]);
    for (int i = 0; i < W; i++) {
        pp_expr cube = s_box(b, real, s[i], external_constants[r][i]);
        if (in_columns) pp_air_assert_eq(b, "full round", y[i], cube);
        s[i] = in_columns ? y[i] : cube;
    }
    PP_POSEIDON2_EXTERNAL(pp_expr, s, pp_air_add);
}

void pp_air_poseidon2(pp_air_builder *b, pp_expr real, pp_expr s[W], bool last_columns) {
    pp_expr partial[PARTIAL];
    PP_POSEIDON2_EXTERNAL(pp_expr, s, pp_air_add);
    for (int r = 0; r < HALF; r++) full_round(b, real, s, r, true);
    pp_air_columns(b, partial, PARTIAL, "partial");
    for (int r = 0; r < PARTIAL; r++) {
        pp_air_assert_eq(b, "partial round", partial[r],
                         s_box(b, real, s[0], internal_constants[r]));
        s[0] = partial[r];
        internal_layer(b, s);
    }
    for (int r = HALF; r < 2 * HALF; r++)
        full_round(b, real, s, r, last_columns || r != 2 * HALF - 1);
}

static pp_fp s_box_value(pp_fp real, pp_fp x, pp_fp constant) {
    return pp_poseidon2_cube(pp_fp_add(x, pp_fp_mul(real, constant)));
}

static void fill_full_round(pp_air_cells *to, pp_fp real, pp_fp s[W], int r, bool in_columns) {
    for (int i = 0; i < W; i++) {
        s[i] = s_box_value(real, s[i], external_constants[r][i]);
        if (in_columns) to->put(to, &s[i]);
    }
    pp_poseidon2_external(s);
}

void pp_air_poseidon2_fill(pp_air_cells *to, pp_fp real, pp_fp s[W], bool last_columns) {
    pp_poseidon2_external(s);
    for (int r = 0; r < HALF; r++) fill_full_round(to, real, s, r, true);
    for (int r = 0; r < PARTIAL; r++) {
        s[0] = s_box_value(real, s[0], internal_constants[r]);
        to->put(to, &s[0]);
        pp_poseidon2_internal(s);
    }
    for (int r = HALF; r < 2 * HALF; r++)
        fill_full_round(to, real, s, r, last_columns || r != 2 * HALF - 1);
}
