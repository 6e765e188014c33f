// SPDX-License-Identifier: MIT OR Apache-2.0
// Rows that are false: a changed cell is noticed, and every constraint is needed. One row suffices
// for both, since a trace was balanced before: a change is accepted only when the row's constraints
// hold and the tuples it puts on the buses are the same.
#include <stdlib.h>

#include "rv64/test_row.h"

// ---- a changed cell -----------------------------------------------------------------------------

// All that the row puts on buses.
static uint64_t tuples(one_row *o) {
    row_interactions(o);
    const pp_fp *v = o->values;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < o->t->interactions_len; i++) {
        sum += row_tuple(&o->t->interactions[i], v);
        v += 1 + o->t->interactions[i].arity;
    }
    return sum;
}

// Columns whose value does not matter on some rows, and why.
static bool may_be_free(const char *of, const char *column) {
    static const struct {
        const char *name, *column;
    } rows[] = {
        {"beq", "witness"}, // where limbs are equal
        {"bne", "witness"},
        {"output_write", "inverse"},       // of zero
        {"secp256k1_add", "lack_inverse"}, // where another limb decides
        {"secp256k1_double", "lack_inverse"},
        {"secp256k1_add", "less_at_limb_1"}, // where that limb is p's
        {"secp256k1_double", "less_at_limb_1"},
        {"secp256k1_add", "differ_word"}, // where limbs are equal
        {"secp256k1_add", "differ_limb"},
        {"decode", "rd_inverse"}, // where the form has no rd, or where bits 7 to 11 are zero there
        {"decode", "rd_is_x0"},
        {"decode", "complement"}, // of words that are no shifts
        {"div", "quotient_sign"}, // when the divisor is zero
        {"divw", "quotient_sign"},
        {"load_across", "second_permission_less_1"}, // when the second cell is not reached
        {"load_across", "second_time"},
        {"load_across", "second_time_high"},
        {"store_across", "second_time"},
        {"store_across", "second_time_high"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        if (strcmp(rows[i].name, of) == 0 && strcmp(rows[i].column, column) == 0) return true;
    return false;
}

static bool is_real(const rv64_run *r, uint32_t number, uint32_t row) {
    const pp_air_table *t = &rv64_test_machine()->tables[number];
    for (uint32_t c = 0; c < t->columns_len; c++)
        if (r->stack[pp_layout_cell(&r->layout, number, c, row)].v != 0) return true;
    return false;
}

PP_TEST(changed_cells) {
    rv64_run r;
    rv64_run_everything(&r);
    CHECK(rv64_run_check(&r));
    static one_row o;
    pp_rng rng = {pp_test_seed()};
    size_t changes = 0;
    for (uint32_t t = 0; t < TABLES_LEN; t++) {
        const pp_air_table *a = &rv64_test_machine()->tables[t];
        if (a->fixed_len != 0) continue; // only counts: the buses say
        bool noticed[COLUMNS_MAX] = {false};
        uint32_t used[PP_AIR_TABLES_MAX], step;
        pp_rv64_used(r.witness, used);
        step = 1 + used[t] * (a->columns_len > 700 ? 20 : a->columns_len > 200 ? 8 : 1) / 40;
        for (uint32_t row = 0; row < used[t]; row += row < 24 && a->columns_len < 700 ? 1 : step) {
            row_load(&o, &r, t, row);
            CHECK(is_real(&r, t, row));
            CHECK(row_all_hold(&o));
            uint64_t before = tuples(&o);
            for (uint32_t c = 0; c < a->columns_len; c++) {
                pp_fp old = o.columns[c];
                const pp_fp deltas[] = {pp_fp_from_u32(1), pp_fp_from_u32(PP_FP_MODULUS - 1),
                                        pp_fp_from_u32(1 << 16),
                                        pp_fp_from_u32(1 + (uint32_t)pp_rng_below(&rng, 1 << 30))};
                for (size_t d = 0; d < PP_COUNT(deltas); d++) {
                    o.columns[c] = pp_fp_add(old, deltas[d]);
                    bool same = row_all_hold(&o) && tuples(&o) == before;
                    changes++;
                    if (!same) noticed[c] = true;
                    if (same && !may_be_free(a->name, a->column_names[c].base))
                        pp_test_fail(__FILE__, __LINE__, "%s, row %u: %s[%d] is free", a->name, row,
                                     a->column_names[c].base, a->column_names[c].index);
                }
                o.columns[c] = old;
            }
        }
        for (uint32_t c = 0; c < a->columns_len; c++)
            if (!noticed[c])
                pp_test_fail(__FILE__, __LINE__, "%s: no change of %s[%d] is noticed", a->name,
                             a->column_names[c].base, a->column_names[c].index);
    }
    printf("  %zu changes\n", changes);
    rv64_run_end(&r);
}

// ---- a constraint taken away --------------------------------------------------------------------

// The one constraint that does not hold; -1 for none or several.
static int only_broken(one_row *o) {
    int broken = -1;
    row_constraints(o);
    for (uint32_t k = 0; k < o->t->constraints_len; k++) {
        if (o->constraints[k].v == 0) continue;
        if (broken >= 0) return -1;
        broken = (int)k;
    }
    return broken;
}

static void note(one_row *o, bool *needed) {
    int k = only_broken(o);
    if (k >= 0 && !needed[k] && row_missing(o) == ROW_ALL_FOUND) needed[k] = true;
}

static bool all_needed(const one_row *o, const bool *needed) {
    for (uint32_t k = 0; k < o->t->constraints_len; k++)
        if (!needed[k]) return false;
    return true;
}

// Changes of one cell, and of two in tables that are not too wide.
static void try_changes(one_row *o, bool *needed, bool two) {
    uint32_t n = o->t->columns_len;
    for (uint32_t c = 0; c < n; c++) {
        pp_fp old = o->columns[c];
        for (size_t s = 0; s < ROW_STEPS; s++) {
            o->columns[c] = pp_fp_add(old, row_step(s));
            note(o, needed);
            if (all_needed(o, needed)) break;
            for (uint32_t d = c + 1; two && n <= 70 && s < ROW_PAIRS && d < n; d++) {
                pp_fp old_d = o->columns[d];
                for (size_t u = 0; u < ROW_PAIRS; u++) {
                    o->columns[d] = pp_fp_add(old_d, row_step(u));
                    note(o, needed);
                }
                o->columns[d] = old_d;
            }
        }
        o->columns[c] = old;
    }
}

// A change whose consequences are put right: every later constraint of the form column = expression
// gets its column set, so that only the first stays broken. For the chain of a permutation's
// rounds.
static void try_repaired(one_row *o, bool *needed) {
    static pp_fp saved[COLUMNS_MAX];
    memcpy(saved, o->columns, sizeof saved);
    for (uint32_t target = 0; target < o->t->constraints_len; target++) {
        if (needed[target]) continue;
        bool done = false;
        for (uint32_t c = 0; c < o->t->columns_len && !done; c++) {
            o->columns[c] = pp_fp_add(saved[c], pp_fp_from_u32(1));
            row_constraints(o);
            bool first = o->constraints[target].v != 0;
            for (uint32_t k = 0; k < target && first; k++) first = o->constraints[k].v == 0;
            // Columns are declared in the order in which they are computed: put each right once.
            for (uint32_t k = target + 1; first && k < o->t->constraints_len; k++) {
                row_constraints(o);
                if (o->constraints[k].v == 0) continue;
                for (uint32_t d = c + 1; d < o->t->columns_len; d++) {
                    pp_fp old = o->columns[d], at = o->constraints[k];
                    o->columns[d] = pp_fp_sub(old, at);
                    pp_air_row row = {o->columns, NULL, o->publics};
                    static pp_fp again[CONSTRAINTS_MAX];
                    pp_air_eval_constraints(o->t, row, o->registers, again);
                    bool right = again[k].v == 0;
                    for (uint32_t j = 0; j < k && right; j++)
                        right = j == target || again[j].v == 0;
                    if (right) break;
                    o->columns[d] = old;
                }
            }
            if (first) note(o, needed);
            done = needed[target];
            memcpy(o->columns, saved, sizeof saved);
        }
    }
}

// Constraints whose absence takes three changes and more to use; docs/vm-tables.md says which lie
// each of them stops.
static bool needs_more(const char *of, const char *constraint) {
    static const struct {
        const char *constraint, *tables;
    } rows[] = {
        {"is_real is a bit", " slli srli slliw srliw sraiw sll srl sra sllw srlw sraw output_byte "
                             "mulmod secp256k1_add secp256k1_double "},
        {"the selector of limbs is bits", " sll srl sra sb sh "},
        {"the offset's selector is bits", " load_across store_across "},
        {"by_zero is a bit", " div divu divw divuw "},
        {"by_zero is by zero", " div divu divw divuw "},
        {"a form's selector is a bit", " decode "},
        {"a carry is a bit", " decode "},
        {"only real pages are zero", " page "},
        {"is_node is a bit", " permutation "}, // all rounds change with them
        {"is_block is a bit", " permutation "},
        {"a row is of one kind", " permutation "},
        {"is_last is a bit", " permutation "},
        {"a node's tag", " permutation "},
        {"nothing beside a node's tag", " permutation "},
        {"m is 0 where it is said to be", " mulmod "},
        {"the selector of a difference is bits", " mulmod "}, // these three: test_wide_rows.c
        {"limbs above the difference are equal", " mulmod "},
    };
    char word[64];
    snprintf(word, sizeof word, " %s ", of);
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        if (strcmp(rows[i].constraint, constraint) == 0)
            return strstr(rows[i].tables, word) != NULL;
    return false;
}

static uint32_t column_of(const one_row *o, const char *name) {
    uint32_t c = 0;
    while (strcmp(o->t->column_names[c].base, name) != 0) c++;
    return c;
}

// Two forms at once, whose numbers add up to a third: an ecall that counts twice on all buses but
// decode's, where what is not one row may provide nothing.
static void two_forms(one_row *o, const rv64_run *r, bool *needed) {
    enum { R = 0, FENCE = 9, ECALL = 10 }; // of the selectors
    const uint32_t used = r->shard.rows[TABLE_DECODE];
    const uint32_t first = column_of(o, "form_is_1_plus");
    uint32_t row = 0;
    do row_load(o, r, TABLE_DECODE, row++);
    while (o->columns[first + ECALL].v == 0 && row < used);
    o->columns[first + ECALL] = pp_fp_from_u32(0);
    o->columns[first + R] = o->columns[first + FENCE] = pp_fp_from_u32(1);
    o->columns[column_of(o, "count")] = pp_fp_from_u32(0);
    note(o, needed);
}

// Rows to be changed: the first of each kind, which is what the columns called is_… say, and with
// `op` the operation too; then others at equal distances, until there are `len`.
enum { ROWS_MAX = 160 };
static bool tells_kind(const char *column, bool op) {
    return strncmp(column, "is_", 3) == 0 || strstr(column, "_is_") != NULL ||
           (op && strcmp(column, "op") == 0);
}
static uint32_t pick_rows(uint32_t out[ROWS_MAX], const rv64_run *r, uint32_t t, uint32_t len,
                          bool op) {
    const pp_air_table *a = &rv64_test_machine()->tables[t];
    const uint32_t used = r->shard.rows[t];
    uint64_t seen[ROWS_MAX];
    uint32_t n = 0;
    for (uint32_t row = 0; row < used && n < ROWS_MAX; row++) {
        uint64_t kind = 1;
        for (uint32_t c = 0; c < a->columns_len; c++)
            if (tells_kind(a->column_names[c].base, op))
                kind =
                    kind * 0x9e3779b97f4a7c15 + r->stack[pp_layout_cell(&r->layout, t, c, row)].v;
        uint32_t i = 0;
        while (i < n && seen[i] != kind) i++;
        if (i == n) {
            seen[n] = kind;
            out[n++] = row;
        }
    }
    PP_ASSERT(n < ROWS_MAX);
    for (uint32_t i = 0; n < len; i++) out[n++] = (i < 4 ? i : i * (1 + used / len)) % used;
    return n;
}

PP_TEST(deleted_constraints) {
    rv64_run r;
    rv64_run_everything(&r);
    static one_row o;
    uint32_t found = 0, all = 0;
    for (uint32_t t = 0; t < TABLES_LEN; t++) {
        const pp_air_table *a = &rv64_test_machine()->tables[t];
        const char *only = getenv("PP_RV64_TABLE"); // one table, to look at it alone
        if (only != NULL && strcmp(only, a->name) != 0) continue;
        if (a->fixed_len != 0) {
            CHECK_EQ(a->constraints_len, 0);
            continue;
        }
        if (t == TABLE_keccak_round || t == TABLE_poseidon2 || t == TABLE_poseidon2_node ||
            t == TABLE_sha256 || t == TABLE_sha256_rounds)
            continue; // test_keccak.c, test_poseidon2.c and test_sha256.c take all of theirs
        bool needed[CONSTRAINTS_MAX] = {false};
        uint32_t left = a->constraints_len, single[ROWS_MAX], few[ROWS_MAX];
        // One change on many rows in use; on the all-zero row and a few more also two.
        const uint32_t singles = pick_rows(single, &r, t, 40, true);
        const uint32_t all_rows = singles + 1 + pick_rows(few, &r, t, 6, false);
        for (uint32_t i = 0; i < all_rows && left > 0; i++) {
            const bool two = i >= singles;
            if (i == singles)
                memset(o.columns, 0, sizeof o.columns);
            else
                row_load(&o, &r, t, two ? few[i - singles - 1] : single[i]);
            if (strcmp(a->name, "permutation") != 0) try_changes(&o, needed, two);
            if ((a->columns_len < 100 && two) || (i == 0 && strcmp(a->name, "permutation") == 0))
                try_repaired(&o, needed);
            left = 0;
            for (uint32_t k = 0; k < a->constraints_len; k++) left += !needed[k];
        }
        if (t == TABLE_DECODE) two_forms(&o, &r, needed);
        for (uint32_t k = 0; k < a->constraints_len; k++) {
            all++;
            found += needed[k];
            if (!needed[k] && !needs_more(a->name, a->constraint_names[k]))
                pp_test_fail(__FILE__, __LINE__, "%s: nothing false without constraint %u '%s'",
                             a->name, k, a->constraint_names[k]);
        }
    }
    printf("  %u of %u constraints\n", found, all);
    CHECK(all - found <= 104);
    rv64_run_end(&r);
}
