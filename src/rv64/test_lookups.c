// SPDX-License-Identifier: MIT OR Apache-2.0
// Interactions taken away. A look-up into a fixed table could go unnoticed together with the count
// that answers it, so for each there must be a row that is false only by it: all constraints and
// all other look-ups hold. The others link rows to each other; each of those must leave a true
// trace unbalanced when it is gone. (prove/test_lies*.c forge both sides of such links.)
#include <stdlib.h>

#include "rv64/test_row.h"

// ---- look-ups -----------------------------------------------------------------------------------

enum { PAIRS = 14 }; // steps that are tried two at a time

typedef struct needed {
    bool lookup[1024]; // by interaction
    uint32_t left;
    // Of each constraint: a column that it alone reads, with this sign; -1: none. It follows from
    // the others, so it is put right after a change of them.
    int own[CONSTRAINTS_MAX];
    bool minus[CONSTRAINTS_MAX];
} needed;

static void find_own(one_row *o, needed *n) {
    for (uint32_t k = 0; k < o->t->constraints_len; k++) n->own[k] = -1;
    for (uint32_t c = 0; c < o->t->columns_len; c++) {
        const pp_fp old = o->columns[c], one = pp_fp_from_u32(1);
        o->columns[c] = pp_fp_add(old, one);
        row_constraints(o);
        int at = -1;
        for (uint32_t k = 0; k < o->t->constraints_len && at != -2; k++)
            if (o->constraints[k].v != 0) at = at == -1 ? (int)k : -2;
        o->columns[c] = old;
        if (at < 0) continue;
        const bool negative = o->constraints[at].v == pp_fp_neg(one).v;
        if (!negative && o->constraints[at].v != one.v) continue;
        n->own[at] = (int)c;
        n->minus[at] = negative;
    }
}

static void note(one_row *o, needed *n) {
    int changed[8];
    pp_fp before[8];
    size_t len = 0;
    bool right = true;
    row_constraints(o);
    for (uint32_t k = 0; k < o->t->constraints_len && right; k++) {
        const pp_fp off = o->constraints[k];
        if (off.v == 0) continue;
        right = n->own[k] >= 0 && len < PP_COUNT(changed);
        if (!right) break;
        pp_fp *x = &o->columns[n->own[k]];
        changed[len] = n->own[k];
        before[len++] = *x;
        *x = n->minus[k] ? pp_fp_add(*x, off) : pp_fp_sub(*x, off);
    }
    if (right && (len == 0 || row_all_hold(o))) {
        int i = row_missing(o);
        if (i >= 0 && !n->lookup[i]) {
            n->lookup[i] = true;
            n->left--;
        }
    }
    while (len-- > 0) o->columns[changed[len]] = before[len];
}

// Changes of one cell, and of two in tables that are not too wide.
static void try_changes(one_row *o, needed *n, bool two) {
    const uint32_t len = o->t->columns_len;
    for (uint32_t c = 0; c < len && n->left > 0; c++) {
        const pp_fp old = o->columns[c];
        for (size_t s = 0; s < ROW_STEPS; s++) {
            o->columns[c] = pp_fp_add(old, row_step(s));
            note(o, n);
            for (uint32_t d = c + 1; two && d < len && n->left > 0; d++) {
                const pp_fp old_d = o->columns[d];
                for (size_t u = 0; s < PAIRS && u < PAIRS; u++) {
                    o->columns[d] = pp_fp_add(old_d, row_step(u));
                    note(o, n);
                }
                o->columns[d] = old_d;
            }
        }
        o->columns[c] = old;
    }
}

// Divisions. The carry of position k is false alone when Q B + R = A + p 2^(16 k): as a number it
// is then minus the position above, which it takes away. That is so up to the last position but
// one; the last is false alone when Q B + R - A is a multiple of its unit alone.
static void wrong_quotients(one_row *o, needed *n, const table *t) {
    const uint32_t bytes = (t->flags & WORD) != 0 ? 4 : 8;
    static lookups look;
    for (uint32_t k = 0; k < bytes && n->left > 0; k++) {
        // Q and B have 2 k + 4 bytes together.
        const bool last = k == bytes - 1;
        const uint64_t a = 5,
                       b = last
                               ? (uint64_t)1 << (8 * bytes - 8)
                               : ((uint64_t)1 << (8 * (k + 2 < bytes ? k + 2 : bytes) - 1)) - 12345;
        const pp_u128 sum = a + ((pp_u128)PP_FP_MODULUS << (16 * k));
        const uint64_t q = last ? b : (uint64_t)(sum / b), r = last ? a : (uint64_t)(sum % b);
        const pp_step step = {.time = 100,
                              .op = t->kinds[1], // whose result is the remainder
                              .rd = 7,
                              .cell = {{.v = a, .time = 90}, {.v = b, .time = 91}, {.time = 92}}};
        fill f = {.w = {.row = o->columns}, .look = &look};
        t->fill(&f, &step, t);
        PP_ASSERT(f.column == o->t->columns_len && row_all_hold(o));
        for (uint32_t c = 0; c < o->t->columns_len; c++) {
            const pp_air_name *name = &o->t->column_names[c];
            const uint32_t i = (uint32_t)name->index;
            if (strcmp(name->base, "quotient") == 0) o->columns[c] = pp_fp_from_u32(limb(q, i));
            if (strcmp(name->base, "remainder") == 0) o->columns[c] = pp_fp_from_u32(limb(r, i));
            if (strcmp(name->base, "distance") == 0)
                o->columns[c] = pp_fp_from_u32(limb(b - r - 1, i));
            if (strcmp(name->base, "quotient_low_bytes") == 0)
                o->columns[c] = pp_fp_from_u32(byte(q, 2 * i));
        }
        note(o, n);
    }
}

// Look-ups of the words that Poseidon2's calls write: test_poseidon2.c has theirs.
static bool of_a_result(one_row *o, uint32_t t, uint32_t interaction) {
    if (t != TABLE_poseidon2 && t != TABLE_poseidon2_node) return false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < interaction; i++) at += 1 + o->t->interactions[i].arity;
    row_interactions(o);
    const pp_fp was = o->values[at + 2];
    bool reads = false;
    for (uint32_t c = 0; c < o->t->columns_len && !reads; c++) {
        if (strcmp(o->t->column_names[c].base, "after") != 0) continue;
        const pp_fp old = o->columns[c];
        o->columns[c] = pp_fp_add(old, pp_fp_one());
        row_interactions(o);
        reads = o->values[at + 2].v != was.v;
        o->columns[c] = old;
    }
    return reads;
}

// What the suite has time for.
static bool in_sample(const char *name) {
    static const char *const names[] = {"add", "sra",  "lb",     "mulh",        "divu",
                                        "run", "page", "decode", "output_byte", "refresh"};
    for (size_t i = 0; i < PP_COUNT(names); i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

PP_TEST(deleted_lookups) {
    rv64_run r;
    rv64_run_everything(&r);
    static one_row o;
    uint32_t found = 0, all = 0;
    uint32_t used[PP_AIR_TABLES_MAX];
    const char *only = getenv("PP_RV64_TABLE"); // one table, or "all" (soak); else a sample
    pp_rv64_used(r.witness, used);
    for (uint32_t t = 0; t < TABLES_LEN; t++) {
        const pp_air_table *a = &rv64_test_machine()->tables[t];
        const bool wanted = only == NULL ? in_sample(a->name)
                                         : strcmp(only, "all") == 0 || strcmp(only, a->name) == 0;
        if (a->fixed_len != 0 || !wanted) continue;
        if (t == TABLE_mulmod || t == TABLE_secp256k1_add || t == TABLE_secp256k1_double ||
            t == TABLE_sha256)
            continue; // test_wide_rows.c and test_sha256.c have theirs
        static needed n;
        memset(&n, 0, sizeof n);
        PP_ASSERT(a->interactions_len <= PP_COUNT(n.lookup));
        row_load(&o, &r, t, 0);
        for (uint32_t i = 0; i < a->interactions_len; i++) {
            const bool lookup = row_is_lookup(rv64_test_machine(), a->interactions[i].bus);
            n.lookup[i] = lookup && of_a_result(&o, t, i);
            n.left += lookup && !n.lookup[i];
        }
        const uint32_t len = n.left;
        find_own(&o, &n);
        if (rv64_tables[t].fill == fill_div) wrong_quotients(&o, &n, &rv64_tables[t]);
        enum { SINGLE = 40, DOUBLE = 12 };
        for (uint32_t i = 0; i < SINGLE + DOUBLE && n.left > 0; i++) {
            bool two = i >= SINGLE;
            uint32_t k = two ? i - SINGLE : i;
            row_load(&o, &r, t,
                     (k < 4 ? k : k * (1 + used[t] / (two ? DOUBLE : SINGLE))) % used[t]);
            find_own(&o, &n);
            try_changes(&o, &n, two && a->columns_len <= 80);
        }
        all += len;
        found += len - n.left;
        for (uint32_t i = 0; i < a->interactions_len; i++) {
            const pp_air_interaction *x = &a->interactions[i];
            if (row_is_lookup(rv64_test_machine(), x->bus) && !n.lookup[i])
                pp_test_fail(__FILE__, __LINE__, "%s: nothing false without interaction %u, bus %s",
                             a->name, i, rv64_test_machine()->buses[x->bus].name);
        }
    }
    printf("  %u of %u look-ups\n", found, all);
    rv64_run_end(&r);
}

// ---- links --------------------------------------------------------------------------------------

// For each interaction, the sum over its rows of its tuples, as random polynomials would give it:
// not zero when there is something that only its partners could balance.
PP_TEST(deleted_links) {
    rv64_run r;
    rv64_run_everything(&r);
    static one_row o;
    uint32_t links = 0;
    for (uint32_t t = 0; t < TABLES_LEN; t++) {
        const pp_air_table *a = &rv64_test_machine()->tables[t];
        if (a->fixed_len != 0) continue;
        uint64_t sum[1024] = {0};
        PP_ASSERT(a->interactions_len <= PP_COUNT(sum));
        uint32_t used[PP_AIR_TABLES_MAX];
        pp_rv64_used(r.witness, used);
        for (uint32_t row = 0; row < used[t] && row < 4000; row++) {
            row_load(&o, &r, t, row);
            row_interactions(&o);
            const pp_fp *v = o.values;
            for (uint32_t i = 0; i < a->interactions_len; i++) {
                const pp_air_interaction *x = &a->interactions[i];
                sum[i] += row_tuple(x, v);
                v += 1 + x->arity;
            }
        }
        for (uint32_t i = 0; i < a->interactions_len; i++) {
            links++;
            if (sum[i] == 0)
                pp_test_fail(__FILE__, __LINE__, "%s: interaction %u is never used", a->name, i);
        }
    }
    printf("  %u interactions\n", links);
    rv64_run_end(&r);
}
