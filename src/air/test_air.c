// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "air/check.h"
#include "air/eval.h"
#include "base/test.h"

typedef struct workshop {
    pp_arena keep, scratch;
    void *memory[2];
    pp_air_builder *b;
} workshop;

static void workshop_open(workshop *w) {
    w->memory[0] = malloc(1 << 20);
    w->memory[1] = malloc(4 << 20);
    PP_ASSERT(w->memory[0] && w->memory[1]);
    pp_arena_init(&w->keep, w->memory[0], 1 << 20);
    pp_arena_init(&w->scratch, w->memory[1], 4 << 20);
    w->b = pp_air_builder_new(&w->keep, &w->scratch, "test");
    PP_ASSERT(w->b);
}
static void workshop_close(workshop *w) {
    free(w->memory[0]);
    free(w->memory[1]);
}

// x = low + 256 high with both bytes looked up in a table of 256 rows, and the sum of all x public.
static const pp_machine *limbs_machine(workshop *w, pp_air_error *error) {
    pp_air_builder *b = w->b;
    pp_bus range = pp_air_bus(b, "byte", 1), out = pp_air_bus(b, "out", 2);
    pp_expr total = pp_air_public(b);

    pp_air_table_begin(b, "limbs");
    pp_expr real = pp_air_column(b, "is_real"), x = pp_air_column(b, "x"), c[2];
    pp_air_columns(b, c, 2, "limb");
    pp_air_assert_bool(b, "is_real is a bit", real);
    pp_air_assert_eq(b, "x is its limbs", x, pp_air_compose(b, c, 2, 256));
    pp_air_when(b, "padding is zero", pp_air_not(real), pp_air_mul(x, x));
    pp_air_send(b, range, real, PP_TUPLE(c[0]));
    pp_air_send(b, range, real, PP_TUPLE(c[1]));
    pp_air_send(b, out, real, PP_TUPLE(x, total));
    pp_air_table_end(b);

    pp_air_table_begin(b, "bytes");
    pp_air_fixed_height(b, 8);
    pp_expr byte = pp_air_fixed_bits(b, "byte", 0, 8), times = pp_air_column(b, "times");
    pp_air_receive(b, range, times, PP_TUPLE(byte));
    pp_air_table_end(b);

    pp_air_boundary_begin(b);
    pp_air_receive(b, out, pp_air_const(b, 3), PP_TUPLE(pp_air_const(b, 0x1234), total));
    pp_air_boundary_end(b);
    return pp_air_builder_end(b, error);
}

static void limbs_trace(const pp_layout *l, pp_fp *stack) {
    pp_row_writer w;
    pp_row_writer_begin(&w, l, stack, 0, 0);
    for (int i = 0; i < 3; i++) {
        pp_row_set_u32(&w, 0, 1);
        pp_row_set_u32(&w, 1, 0x1234);
        pp_row_set_u32(&w, 2, 0x34);
        pp_row_set_u32(&w, 3, 0x12);
        pp_row_next(&w);
    }
    stack[pp_layout_cell(l, 1, 0, 0x34)] = pp_fp_from_u32(3);
    stack[pp_layout_cell(l, 1, 0, 0x12)] = pp_fp_from_u32(3);
}

PP_TEST(checker_accepts_and_names_what_is_wrong) {
    workshop w;
    workshop_open(&w);
    pp_air_error error;
    const pp_machine *m = limbs_machine(&w, &error);
    REQUIRE(m);
    pp_layout l;
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){8, 256}, 3, 0, 20), PP_LAYOUT_OK);
    CHECK_EQ(l.log_rows, 8);
    CHECK_EQ(l.log_cells, 9);
    pp_fp *stack = calloc((size_t)1 << l.log_cells, sizeof *stack), publics[] = {{77}};
    PP_ASSERT(stack);
    limbs_trace(&l, stack);
    pp_air_finding f;
    CHECK(pp_air_check(&f, m, &l, stack, publics));
    CHECK_STR(f.text, "");

    pp_fp *cell = &stack[pp_layout_cell(&l, 0, 2, 1)], old = *cell;
    *cell = pp_fp_from_u32(0x35);
    CHECK(!pp_air_check(&f, m, &l, stack, publics));
    CHECK(f.table == 0 && f.row == 1 && f.constraint == 1);
    CHECK_STR(f.text, "table limbs, row 1: constraint 1 'x is its limbs' is -1: x = 4660 "
                      "limb[0] = 53 limb[1] = 18");
    *cell = old;

    cell = &stack[pp_layout_cell(&l, 1, 0, 0x12)];
    *cell = pp_fp_from_u32(4);
    CHECK(!pp_air_check(&f, m, &l, stack, publics));
    CHECK(f.bus == 0 && strstr(f.text, "bus byte: the tuple (18) is left -1 times"));
    CHECK(strstr(f.text, "[table bytes, row 18, interaction 0, -4 times]") != NULL);
    free(stack);
    workshop_close(&w);
}

PP_TEST(compiled_as_expected) {
    workshop w;
    workshop_open(&w);
    pp_air_error error;
    const pp_machine *m = limbs_machine(&w, &error);
    REQUIRE(m);
    const pp_air_table *t = &m->tables[0];
    CHECK_EQ(t->columns_len, 4);
    CHECK_EQ(t->constraints_len, 3);
    CHECK_EQ(t->degree, 3);
    CHECK_EQ(t->interactions_len, 3);
    CHECK_EQ(t->leaves_len, 2);
    CHECK(t->interactions[0].leaf == 0 && t->interactions[1].leaf == 0);
    CHECK(t->interactions[1].second && t->interactions[2].leaf == 1 && !t->interactions[2].second);
    CHECK(t->registers_len <= 3);
    // The products of sums are absorbed: high · 256 + low is one instruction more than a product.
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    PP_ASSERT(out);
    pp_air_dump(out, m);
    pp_air_report(out, m);
    fclose(out);
    // One text, whatever the compiler's order of evaluating arguments.
    CHECK(strstr(text, "constraint 0 \"is_real is a bit\": (-1 + is_real) * is_real = 0"));
    CHECK(strstr(text, "interaction 0 (leaf 0): is_real times on byte (limb[0])"));
    CHECK(strstr(text, "fixed byte: bits 0+8"));
    free(text);

    pp_hash32 id, other;
    pp_machine_id(&id, m);
    workshop w2;
    workshop_open(&w2);
    pp_machine_id(&other, limbs_machine(&w2, &error));
    CHECK(pp_hash32_eq(&id, &other));
    workshop_close(&w2);
    workshop_close(&w);
}

// Random expressions: the code gives what the tree gives.
static pp_expr random_tree(pp_rng *rng, pp_air_builder *b, const pp_expr *column, int depth,
                           const pp_fp *values, pp_fp *value) {
    uint64_t kind = pp_rng_below(rng, depth == 0 ? 2 : 6);
    if (kind == 0) {
        uint32_t c = (uint32_t)pp_rng_below(rng, 4);
        *value = values[c];
        return column[c];
    }
    if (kind == 1) {
        int64_t c = (int64_t)pp_rng_below(rng, 7) - 3;
        *value = c < 0 ? pp_fp_neg(pp_fp_from_u32((uint32_t)-c)) : pp_fp_from_u32((uint32_t)c);
        return pp_air_const(b, c);
    }
    pp_fp vx, vy;
    pp_expr x = random_tree(rng, b, column, depth - 1, values, &vx);
    pp_expr y = random_tree(rng, b, column, depth - 1, values, &vy);
    bool fits = pp_air_degree(x) + pp_air_degree(y) <= 3;
    if (kind <= 3 && fits) {
        *value = pp_fp_mul(vx, vy);
        return pp_air_mul(x, y);
    }
    if (kind & 1) {
        *value = pp_fp_add(vx, vy);
        return pp_air_add(x, y);
    }
    *value = pp_fp_sub(vx, vy);
    return pp_air_sub(x, y);
}

PP_TEST(code_equals_its_expressions) {
    pp_rng rng = {pp_test_seed()};
    for (int round = 0; round < 300; round++) {
        workshop w;
        workshop_open(&w);
        pp_air_table_begin(w.b, "random");
        pp_expr c[4];
        pp_air_columns(w.b, c, 4, "c");
        pp_fp values[4], want[20], got[20], registers[4096];
        for (int i = 0; i < 4; i++)
            values[i] = pp_fp_from_u32((uint32_t)pp_rng_below(&rng, PP_FP_MODULUS));
        uint32_t len = 0;
        pp_expr last = c[0];
        for (int i = 0; i < 20; i++) {
            pp_expr e = random_tree(&rng, w.b, c, 5, values, &want[len]);
            if (i % 3 == 2 && len > 0) { // share a part with the constraint before
                e = pp_air_add(e, last);
                want[len] = pp_fp_add(want[len], want[len - 1]);
            }
            if (pp_air_degree(e) == 0 || pp_air_degree(e) > 2) continue;
            pp_expr scaled = pp_air_mul(e, c[i % 4]); // zero on the all-zero row
            want[len] = pp_fp_mul(want[len], values[i % 4]);
            pp_air_assert_zero(w.b, "c", scaled);
            last = scaled;
            len++;
        }
        for (int i = 0; i < 4; i++) pp_air_assert_zero(w.b, "used", c[i]);
        pp_air_table_end(w.b);
        pp_air_error error;
        const pp_machine *m = pp_air_builder_end(w.b, &error);
        if (!m) pp_test_fail(__FILE__, __LINE__, "%s", error.what);
        REQUIRE(m);
        pp_fp out[32];
        REQUIRE(m->tables[0].registers_len <= 4096);
        pp_air_eval_constraints(&m->tables[0], (pp_air_row){values, NULL, NULL}, registers, out);
        memcpy(got, out, sizeof got);
        for (uint32_t i = 0; i < len; i++) CHECK_EQ(got[i].v, want[i].v);
        workshop_close(&w);
    }
}

typedef void breaker(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub);
static void break_zero_row(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)bus, (void)pub;
    pp_air_assert_zero(b, "k", pp_air_offset(x, 1));
}
static void break_zero_row_public(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)bus;
    pp_air_assert_eq(b, "k", x, pub);
}
static void break_mult(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)pub;
    pp_air_send(b, bus, pp_air_const(b, 1), PP_TUPLE(x));
}
static void break_mult_public(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    pp_air_send(b, bus, pub, PP_TUPLE(x));
}
static void break_degree(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)bus, (void)pub;
    pp_air_assert_zero(b, "k", pp_air_mul(pp_air_mul(x, x), pp_air_mul(x, x)));
}
static void break_arity(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)pub;
    pp_air_send(b, bus, x, PP_TUPLE(x, x));
}
static void break_unused(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_column(b, "idle");
}
static void break_fixed(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_fixed_bits(b, "row", 0, 8);
}
static void break_height(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_fixed_height(b, 6);
}
static void break_overlap(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_fixed_height(b, 16);
    pp_air_fixed_and(b, "and", 0, 7, 8);
}
static void break_width(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_fixed_height(b, 8);
    pp_air_fixed_bits(b, "row", 1, 8);
}
static void break_period(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_fixed_height(b, 8);
    pp_air_fixed_periodic(b, "p", (uint32_t[]){1, 2, 3}, 3);
}
static void break_nesting(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_table_begin(b, "inner");
}
static void break_constant(pp_air_builder *b, pp_expr x, pp_bus bus, pp_expr pub) {
    (void)x, (void)bus, (void)pub;
    pp_air_assert_zero(b, "k", pp_air_const(b, 0));
}

// GKR's point has room for 2^16 leaf-columns of all tables together, not of each.
PP_TEST(leaves_of_all_tables_are_bounded) {
    enum { TABLES = 17, LEAVES = 3856, SIZE = 8 << 20 }; // 17 · 3855 < 2^16 < 17 · 3856
    for (uint32_t leaves = LEAVES - 1; leaves <= LEAVES; leaves++) {
        void *memory[2] = {malloc(SIZE), malloc(SIZE)};
        PP_ASSERT(memory[0] && memory[1]);
        pp_arena keep, scratch;
        pp_arena_init(&keep, memory[0], SIZE);
        pp_arena_init(&scratch, memory[1], SIZE);
        pp_air_builder *b = pp_air_builder_new(&keep, &scratch, "test");
        PP_ASSERT(b);
        pp_bus bus = pp_air_bus(b, "bus", 1);
        for (int t = 0; t < TABLES; t++) {
            pp_air_table_begin(b, "t");
            pp_expr x = pp_air_column(b, "x"), square = pp_air_mul(x, x);
            // Two tuples of degree 2 do not share a leaf.
            for (uint32_t i = 0; i < leaves; i++) pp_air_send(b, bus, x, PP_TUPLE(square));
            pp_air_table_end(b);
        }
        pp_air_error error = {0};
        const pp_machine *m = pp_air_builder_end(b, &error);
        if (leaves < LEAVES)
            CHECK(m != NULL);
        else
            CHECK(m == NULL && strcmp(error.what, "too many leaves") == 0);
        free(memory[0]);
        free(memory[1]);
    }
}

PP_TEST(mistakes_are_refused_by_name) {
    static const struct {
        breaker *run;
        const char *what;
    } cases[] = {
        {break_zero_row, "a constraint that the all-zero row breaks"},
        {break_zero_row_public, "a constraint that the all-zero row breaks"},
        {break_mult, "a multiplicity that the all-zero row does not make zero"},
        {break_mult_public, "a multiplicity that the all-zero row does not make zero"},
        {break_degree, "a constraint of a degree above 3"},
        {break_arity, "a tuple whose length is not its bus's"},
        {break_unused, "a column in no constraint and no interaction"},
        {break_fixed, "a fixed column in a table without a fixed height"},
        {break_height, "a table cannot have this fixed height"},
        {break_overlap, "a fixed column of two ranges of bits that overlap"},
        {break_width, "a fixed column with bits that its row number has not"},
        {break_period, "a period that is no power of two"},
        {break_nesting, "a table begins inside another"},
        {break_constant, "a constraint on no column"},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        workshop w;
        workshop_open(&w);
        pp_bus bus = pp_air_bus(w.b, "bus", 1);
        pp_expr pub = pp_air_public(w.b);
        pp_air_table_begin(w.b, "t");
        pp_expr x = pp_air_column(w.b, "x");
        pp_air_assert_bool(w.b, "bit", x);
        cases[i].run(w.b, x, bus, pub);
        pp_air_table_end(w.b);
        pp_air_error error = {0};
        CHECK(pp_air_builder_end(w.b, &error) == NULL);
        REQUIRE(error.what);
        CHECK_STR(error.what, cases[i].what);
        workshop_close(&w);
    }
    // An expression of another table; a machine of nothing.
    workshop w;
    workshop_open(&w);
    pp_air_table_begin(w.b, "a");
    pp_expr x = pp_air_column(w.b, "x");
    pp_air_assert_bool(w.b, "bit", x);
    pp_air_table_end(w.b);
    pp_air_table_begin(w.b, "b");
    pp_air_assert_bool(w.b, "bit", x);
    pp_air_table_end(w.b);
    pp_air_error error = {0};
    CHECK(pp_air_builder_end(w.b, &error) == NULL);
    CHECK_STR(error.what, "an expression of another table");
    workshop_close(&w);
    workshop_open(&w);
    CHECK(pp_air_builder_end(w.b, &error) == NULL);
    CHECK_STR(error.what, "a machine needs a table");
    workshop_close(&w);
}

PP_TEST(fixed_values) {
    pp_fixed and = {"and", PP_FIXED_AND, 0, 8, 8, NULL};
    pp_fixed product = {"product", PP_FIXED_PRODUCT, 8, 0, 8, NULL};
    pp_fp list_values[4] = {{5}, {6}, {7}, {0}};
    pp_fixed list = {"list", PP_FIXED_LIST, 0, 0, 2, list_values};
    pp_fixed periodic = {"periodic", PP_FIXED_PERIODIC, 0, 0, 2, list_values};
    pp_fixed log = {"log", PP_FIXED_LOG, 0, 0, 16, NULL}, rest = log;
    rest.kind = PP_FIXED_REST;
    for (uint32_t b = 0; b < 16; b++) {
        for (uint32_t y = 0; y < (uint32_t)1 << b; y += 1 + y / 7) {
            CHECK_EQ(pp_fp_to_u32(pp_fixed_value(&log, (uint32_t)1 << b | y)), b);
            CHECK_EQ(pp_fp_to_u32(pp_fixed_value(&rest, (uint32_t)1 << b | y)), y);
        }
    }
    CHECK_EQ(pp_fixed_value(&log, 0).v, 0);
    CHECK_EQ(pp_fixed_value(&rest, 0).v, 0);
    for (uint32_t row = 0; row < 1 << 16; row += 37) {
        CHECK_EQ(pp_fp_to_u32(pp_fixed_value(&and, row)), (row & 255) & (row >> 8));
        CHECK_EQ(pp_fp_to_u32(pp_fixed_value(&product, row)), (row & 255) * (row >> 8));
        CHECK_EQ(pp_fixed_value(&list, row).v, row < 4 ? list_values[row].v : 0);
        CHECK_EQ(pp_fixed_value(&periodic, row).v, list_values[row % 4].v);
    }
}

PP_TEST(layout_is_canonical) {
    for (uint32_t rows = 1; rows < 5000; rows++) {
        uint32_t r = pp_layout_round(rows, 3), best = rows;
        while (best % 8 != 0 || __builtin_popcount(best) > 4) best++;
        CHECK_EQ(r, best);
    }
    workshop w;
    workshop_open(&w);
    pp_air_error error;
    const pp_machine *m = limbs_machine(&w, &error);
    REQUIRE(m);
    pp_layout l;
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){9, 256}, 3, 0, 20), PP_LAYOUT_ROWS);
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){8, 128}, 3, 0, 20), PP_LAYOUT_ROWS);
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){1 << 25, 0}, 3, 0, 30), PP_LAYOUT_ROWS);
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){0, 0}, 3, 0, 20), PP_LAYOUT_EMPTY);
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){1 << 20, 0}, 3, 0, 20), PP_LAYOUT_CELLS);
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){1 << 20, 256}, 3, 0, 23), PP_LAYOUT_OK);
    // 1000 rows: 512 + 256 + 128 + 104 rounds up to 1024; 0x3a0 stays, in three pieces.
    CHECK_EQ(pp_layout_round(1000, 3), 1024);
    CHECK_EQ(pp_layout_make(&l, m, (uint32_t[]){0x3a0, 256}, 3, 14, 20), PP_LAYOUT_OK);
    CHECK_EQ(l.log_cells, 14);
    CHECK_EQ(l.log_rows, 10);
    CHECK_EQ(l.pieces_len, 5);
    CHECK_EQ(l.cells, 0x3a0 * 4 + 256);
    uint8_t *seen = calloc(l.cells, 1);
    PP_ASSERT(seen);
    for (uint32_t t = 0; t < 2; t++)
        for (uint32_t c = 0; c < m->tables[t].columns_len; c++)
            for (uint32_t r = 0; r < l.rows[t]; r++) {
                uint64_t at = pp_layout_cell(&l, t, c, r);
                REQUIRE(at < l.cells);
                seen[at]++;
            }
    for (uint64_t i = 0; i < l.cells; i++) CHECK_EQ(seen[i], 1);
    for (uint32_t i = 0; i < l.pieces_len; i++) {
        CHECK_EQ(l.pieces[i].offset % ((uint64_t)1 << l.pieces[i].log_rows), 0);
        CHECK(i == 0 || l.pieces[i].log_rows <= l.pieces[i - 1].log_rows);
    }
    // The writer meets the same cells.
    pp_fp *stack = calloc((size_t)1 << l.log_cells, sizeof *stack);
    PP_ASSERT(stack);
    pp_row_writer writer;
    pp_row_writer_begin(&writer, &l, stack, 0, 500);
    for (uint32_t r = 500; r < l.rows[0]; r++) {
        pp_row_set(&writer, 3, (pp_fp){r});
        pp_row_next(&writer);
    }
    for (uint32_t r = 0; r < l.rows[0]; r++)
        CHECK_EQ(stack[pp_layout_cell(&l, 0, 3, r)].v, r >= 500 ? r : 0);
    free(stack);
    free(seen);
    workshop_close(&w);
}
