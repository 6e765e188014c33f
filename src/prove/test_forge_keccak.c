// SPDX-License-Identifier: MIT OR Apache-2.0
// Keccak rows in which one cell is no bit and everything else is as it must be: the round is solved
// anew around it, in integers. So each constraint that says "is a bit" is shown to be needed, but
// for those that follow from the others; why, see redundant().
#include <stdlib.h>

#include "base/test.h"
#include "prove/test_forge_support.h"

enum { LANES = 25, LIMBS = 4 * LANES, LIMB_END = 1 << 16 };
enum { IN_C, IN_AP, IN_APP00, FAMILIES };
static const char *const family_names[FAMILIES] = {"C is bits", "A' is bits", "A''00 is bits"};

// The cell that is to be no bit: C[x][z], A'[y][x][z] or A''00[z].
typedef struct odd_cell {
    int family, x, y, z;
} odd_cell;

// A round. A's bits, C, C' and A' may be any integers here.
typedef struct whole_round {
    int64_t a[LANES][64], c[5][64], cp[5][64], ap[LANES][64]; // lane x + 5 y
    int64_t app[LIMBS];
    pp_fp app00[64], appp00[4];
} whole_round;

static int64_t xor2(int64_t x, int64_t y) {
    return x + y - 2 * x * y;
}
static pp_fp fp(int64_t x) {
    return x < 0 ? pp_fp_neg(pp_fp_from_u32((uint32_t)-x)) : pp_fp_from_u32((uint32_t)x);
}
static pp_fp fp_half(int64_t power) { // 2^−power
    return pp_fp_inverse(pp_fp_from_u32((uint32_t)1 << power));
}

// Bit z of the lane becomes `if_zero` or `if_one` and the others of its limb make up for it; false
// when they cannot.
static bool replace(whole_round *r, const uint32_t *limbs, int lane, int z, int64_t if_zero,
                    int64_t if_one) {
    int first = z / 16 * 16;
    int64_t value = r->a[lane][z] != 0 ? if_one : if_zero;
    int64_t rest = limbs[4 * lane + z / 16] - value * ((int64_t)1 << (z - first));
    if (rest < 0 || rest >= LIMB_END || (rest >> (z - first) & 1) != 0) return false;
    for (int i = 0; i < 16; i++) r->a[lane][first + i] = rest >> i & 1;
    r->a[lane][z] = value;
    return true;
}

// A column of A' is C' plus 0, 2 or 4, so an odd C is an integer, 2 or −1 the smallest; then so is
// C' of three columns, and A without theta has these digits there. An odd A' is seen in one digit.
static bool place(whole_round *r, const uint32_t *limbs, odd_cell o) {
    if (o.family == IN_AP) return replace(r, limbs, o.x + 5 * o.y, o.z, 2, -1);
    for (int y = 0; y < 25 && o.family == IN_C; y += 5)
        if (!replace(r, limbs, o.x + y, o.z, -4, 5) ||
            !replace(r, limbs, (o.x + 1) % 5 + y, o.z, 2, -1) ||
            !replace(r, limbs, (o.x + 4) % 5 + y, (o.z + 1) % 64, 2, -1))
            return false;
    return true;
}

// False when a column of A' is not C' plus 0, 2 or 4.
static bool theta(whole_round *r, odd_cell o) {
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            int64_t parity = 0;
            for (int y = 0; y < 25; y += 5) parity ^= r->a[x + y][z] & 1;
            r->c[x][z] = parity;
        }
    if (o.family == IN_C) r->c[o.x][o.z] = r->c[o.x][o.z] != 0 ? -1 : 2;
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            int64_t left = r->c[(x + 4) % 5][z], right = r->c[(x + 1) % 5][(z + 63) % 64];
            r->cp[x][z] = xor2(xor2(left, right), r->c[x][z]);
            int64_t w = xor2(r->c[x][z], r->cp[x][z]);
            int64_t sum = -r->cp[x][z];
            for (int y = 0; y < 25; y += 5)
                sum += r->ap[x + y][z] = (r->a[x + y][z] - w) / (1 - 2 * w);
            if (sum != 0 && sum != 2 && sum != 4) return false;
        }
    return true;
}

// Rotations of rho by lane.
static void rotations(int out[LANES]) {
    out[0] = 0;
    for (int t = 0, x = 1, y = 0; t < 24; t++) {
        out[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
        int next = (2 * x + 3 * y) % 5;
        x = y;
        y = next;
    }
}

static int64_t b_bit(const whole_round *r, const int rotation[LANES], int x, int y, int z) {
    int from = (x + 3 * y) % 5 + 5 * x;
    return r->ap[from][(z + 64 - rotation[from]) % 64];
}

static void chi(whole_round *r) {
    int rotation[LANES];
    rotations(rotation);
    memset(r->app, 0, sizeof r->app);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            for (int z = 0; z < 64; z++) {
                int64_t keep = 1 - b_bit(r, rotation, (x + 1) % 5, y, z);
                int64_t bit =
                    xor2(b_bit(r, rotation, x, y, z), keep * b_bit(r, rotation, (x + 2) % 5, y, z));
                r->app[4 * (x + 5 * y) + z / 16] += bit * ((int64_t)1 << z % 16);
            }
}

// rc: the seven bits of the round constant.
static void iota(whole_round *r, const pp_fp *rc, odd_cell o) {
    for (int z = 0; z < 64; z++) r->app00[z] = fp(r->app[z / 16] >> z % 16 & 1);
    if (o.family == IN_APP00) { // its neighbour is flipped, it makes up for that
        pp_fp *other = &r->app00[o.z ^ 1], old = *other;
        *other = pp_fp_sub(pp_fp_one(), old);
        pp_fp step = o.z % 2 ? fp_half(1) : fp(2);
        pp_fp *it = &r->app00[o.z];
        *it = old.v != 0 ? pp_fp_add(*it, step) : pp_fp_sub(*it, step);
    }
    memset(r->appp00, 0, sizeof r->appp00);
    for (int z = 0, j = 0; z < 64; z++) {
        pp_fp bit = r->app00[z];
        if (z == (1 << j) - 1 && rc[j++].v != 0) bit = pp_fp_sub(pp_fp_one(), bit);
        pp_fp *limb = &r->appp00[z / 16];
        *limb = pp_fp_add(*limb, pp_fp_mul(bit, fp((int64_t)1 << z % 16)));
    }
}

// The round on a row that holds these limbs and round constant. False when there is none, or when
// a row that is not the last would go on from what no row can begin with.
static bool solve(whole_round *r, const uint32_t *limbs, const pp_fp *rc, odd_cell o, bool last) {
    for (int i = 0; i < LANES; i++)
        for (int z = 0; z < 64; z++) r->a[i][z] = limbs[4 * i + z / 16] >> z % 16 & 1;
    if (!place(r, limbs, o) || !theta(r, o)) return false;
    chi(r);
    for (int i = 0; i < (last ? 4 : LIMBS); i++)
        if (r->app[i] < 0 || r->app[i] >= LIMB_END) return false;
    iota(r, rc, o);
    return last || o.family != IN_APP00;
}

// ---- in traces ----------------------------------------------------------------------------------

// Where families of columns begin in the table.
typedef struct columns {
    uint32_t rc, a, c, cp, ap, app, app00, appp00;
} columns;

static uint32_t first_column(const pp_air_table *t, const char *name) {
    uint32_t c = 0;
    while (strcmp(t->column_names[c].base, name) != 0) c++;
    return c;
}
static columns columns_of(const pp_air_table *t) {
    return (columns){first_column(t, "rc"),    first_column(t, "A"),     first_column(t, "C"),
                     first_column(t, "C'"),    first_column(t, "A'"),    first_column(t, "A''"),
                     first_column(t, "A''00"), first_column(t, "A'''00")};
}

static struct {
    columns at;
    odd_cell cell;
    bool last;
} running; // for rewrite, which an example calls

static void rewrite(pp_row_writer *w, uint64_t *state) {
    static whole_round r;
    const columns *at = &running.at;
    uint32_t limbs[LIMBS];
    pp_fp rc[7];
    for (uint32_t i = 0; i < LIMBS; i++) limbs[i] = pp_fp_to_u32(pp_row_get(w, at->a + i));
    for (uint32_t i = 0; i < 7; i++) rc[i] = pp_row_get(w, at->rc + i);
    PP_ASSERT(solve(&r, limbs, rc, running.cell, running.last));
    for (uint32_t i = 0; i < 320; i++) {
        pp_row_set(w, at->c + i, fp(r.c[i / 64][i % 64]));
        pp_row_set(w, at->cp + i, fp(r.cp[i / 64][i % 64]));
    }
    for (uint32_t i = 0; i < 1600; i++) pp_row_set(w, at->ap + i, fp(r.ap[i / 64][i % 64]));
    for (uint32_t i = 0; i < LIMBS; i++) pp_row_set(w, at->app + i, fp(r.app[i]));
    for (uint32_t i = 0; i < 64; i++) pp_row_set(w, at->app00 + i, r.app00[i]);
    for (uint32_t i = 0; i < 4; i++) pp_row_set(w, at->appp00 + i, r.appp00[i]);
    memset(state, 0, LANES * sizeof *state);
    for (uint32_t i = 0; i < LIMBS; i++) {
        pp_fp limb = i < 4 ? r.appp00[i] : fp(r.app[i]);
        state[i / 4] |= (uint64_t)(pp_fp_to_u32(limb) & 0xffff) << 16 * (i % 4);
    }
}

// The step of e's trace at which the cell can be odd; UINT32_MAX when there is none.
static uint32_t find_step(const pp_example *e, odd_cell o) {
    static whole_round r;
    uint32_t steps = pp_fp_to_u32(e->publics[0]), limbs[LIMBS];
    pp_fp rc[7];
    for (uint32_t step = 0; step < steps; step++) {
        for (uint32_t i = 0; i < LIMBS; i++)
            limbs[i] =
                pp_fp_to_u32(e->stack[pp_layout_cell(&e->layout, 0, running.at.a + i, step)]);
        for (uint32_t i = 0; i < 7; i++)
            rc[i] = e->stack[pp_layout_cell(&e->layout, 0, running.at.rc + i, step)];
        if (solve(&r, limbs, rc, o, step % 24 == 23)) return step;
    }
    return UINT32_MAX;
}

// A trace with the cell odd at that step, up to the end of the step's permutation, whose last row
// is what is claimed.
static void show(uint32_t step, odd_cell o, bool *covered, bool prove) {
    pp_example e;
    running.cell = o;
    running.last = step % 24 == 23;
    pp_example_faulty =
        (pp_example_fault){.on = true, .step = step, .column = UINT32_MAX, .rewrite = rewrite};
    // For more rows than the test set takes; then nothing is proven.
    pp_example_keccak(&e, prove ? &pp_pcs_test : &pp_pcs_fast, step / 24 + 1);
    pp_example_faulty = (pp_example_fault){.on = false};
    uint32_t end = step / 24 * 24 + 23;
    for (uint32_t i = 0; i < LIMBS; i++) {
        uint32_t column = i < 4 ? running.at.appp00 + i : running.at.app + i;
        e.publics[1 + i] = e.stack[pp_layout_cell(&e.layout, 0, column, end)];
    }
    forge_cover(&e, 0, covered, prove);
    pp_example_free(&e);
}

// What a row starts from are numbers below 2^16, by the rows before it. A' at z = 15 of a limb:
// with the other digits bits, its own is 0 or 1. C at 14 or 15: the digits that an odd C makes are
// −4 or less, or 5 or more (2 C (1 − C), or 1 minus that, for integers C), and times 2^14 that is
// more than the other digits can make up for.
static bool redundant(odd_cell o) {
    return (o.family == IN_AP && o.z % 16 == 15) || (o.family == IN_C && o.z % 16 >= 14);
}

PP_TEST(each_bit_of_keccak_is_needed) {
    bool all = forge_thorough();
    // C at 13 wants states of which there is one among some thousands: more rows, in the long form.
    pp_example few, many;
    pp_example_keccak(&few, &pp_pcs_test, 8);
    if (all) pp_example_keccak(&many, &pp_pcs_fast, 2000);
    const pp_air_table *t = &few.machine->tables[0];
    running.at = columns_of(t);
    bool *covered = calloc(t->constraints_len, sizeof *covered);
    PP_ASSERT(covered);
    static const int sizes[FAMILIES] = {320, 1600, 64}, strides[FAMILIES] = {61, 331, 31};
    for (int family = 0; family < FAMILIES; family++) {
        uint32_t shown = 0, left = 0, first = 0;
        for (uint32_t k = 0; k < t->constraints_len; k++)
            shown -= covered[k] && strcmp(t->constraint_names[k], family_names[family]) == 0;
        for (int i = 0; i < sizes[family]; i += all ? 1 : strides[family]) {
            odd_cell o = {family, i / 64 % 5, i / 320, i % 64};
            if (redundant(o)) {
                CHECK(find_step(&few, o) == UINT32_MAX);
                left++;
                continue;
            }
            bool rare = family == IN_C && o.z % 16 == 13;
            if (rare && !all) continue;
            uint32_t step = find_step(rare ? &many : &few, o);
            if (step == UINT32_MAX)
                pp_test_fail(__FILE__, __LINE__, "%s: no row for number %d", family_names[family],
                             i);
            else
                show(step, o, covered, i == 0);
            first++;
        }
        for (uint32_t k = 0; k < t->constraints_len; k++)
            shown += covered[k] && strcmp(t->constraint_names[k], family_names[family]) == 0;
        CHECK_EQ(shown, first);
        printf("  %s: %u shown to be needed, %u follow from others\n", family_names[family], shown,
               left);
    }
    free(covered);
    pp_example_free(&few);
    if (all) pp_example_free(&many);
}
