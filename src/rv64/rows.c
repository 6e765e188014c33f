// SPDX-License-Identifier: MIT OR Apache-2.0
// The rows of a shard, written by several threads, which count the look-ups each for itself; then
// the tables that are looked up. A row depends on its record alone, and counts are added up: so the
// cells are the same whoever writes them.
#include <stdlib.h>

#include "rv64/witness.h"

enum { WORDS = PP_VM_PAGE_SIZE / 4, STRETCH_CELLS = 1 << 15 };

// Rows that one thread writes, from `row` on: of records [first, end) of a kind of steps, or of
// pages, nodes, permutations.
typedef struct stretch {
    uint32_t table, kind, row;
    size_t first, end;
} stretch;

typedef struct filling {
    const pp_rv64_witness *w;
    const pp_layout *layout;
    const pp_machine *machine;
    pp_fp *stack;
    lookups *look; // one a thread
    opcodes ops;   // written by the stretch of words alone
    stretch *list;
    size_t len, max;
} filling;

// All rows of `n` records, `rows` each, in stretches. False when memory is short.
static bool add(filling *g, uint32_t t, uint32_t kind, uint32_t row, size_t n, uint32_t rows) {
    const size_t cells = (size_t)g->machine->tables[t].columns_len * rows;
    const size_t step = cells < STRETCH_CELLS ? STRETCH_CELLS / cells : 1;
    for (size_t first = 0; first < n; first += step) {
        if (g->len == g->max) {
            const size_t max = 2 * g->max + 128;
            stretch *more = realloc(g->list, max * sizeof *more);
            if (more == NULL) return false;
            g->list = more;
            g->max = max;
        }
        const size_t end = first + step < n ? first + step : n;
        g->list[g->len++] = (stretch){t, kind, row + (uint32_t)first * rows, first, end};
    }
    return true;
}

static bool list_all(filling *g) {
    const pp_rv64_witness *w = g->w;
    bool ok = true;
    for (uint32_t t = 0; t < TABLES_LEN; t++) {
        const table *d = &rv64_tables[t];
        const uint32_t more = rows_a_call(d), rows = more != 0 && more != CALLS_ONCE ? more : 1;
        uint32_t row = 0;
        for (unsigned k = 0; k < 4 && d->kinds[k] != 0; k++) {
            const size_t len = w->trace->steps[d->kinds[k]].len;
            ok = ok && add(g, t, d->kinds[k], row, more == CALLS_ONCE ? len != 0 : len, rows);
            row += (uint32_t)len * rows;
        }
    }
    return ok && add(g, TABLE_RUN, 0, 0, 1, 1) &&
           // All of the words at once: a page's rows depend on each other.
           add(g, TABLE_DECODE, 0, 0, w->decode_rows != 0, 1) &&
           add(g, TABLE_PAGE, 0, 0, w->trace->pages_len, 1) &&
           add(g, TABLE_NODE, 0, 0, w->nodes_len, 1) &&
           add(g, TABLE_PERMUTATION, 0, 0, w->permutations_len, 1);
}

static void begin(const filling *g, fill *f, lookups *look, uint32_t t, uint32_t row) {
    *f = (fill){.look = look, .operands = g->w->trace->operands};
    pp_row_writer_begin(&f->w, g->layout, g->stack, t, row);
}
static void next(const filling *g, fill *f, uint32_t t) {
    PP_ASSERT(f->column == g->machine->tables[t].columns_len);
    next_row(f);
}

static void fill_words(filling *g, fill *f) {
    const pp_rv64_witness *w = g->w;
    for (size_t i = 0; i < w->trace->pages_len; i++) {
        const pp_trace_page *p = &w->trace->pages[i];
        if (p->perm != PP_PERM_RX) continue;
        uint64_t start = (uint64_t)p->index << PP_VM_LOG_PAGE;
        const uint64_t *counts = w->trace->counts + (start - w->shard->text_start) / 4;
        for (unsigned k = 0; k < WORDS; k++) {
            if (counts[k] == 0) continue;
            unsigned extra = k % 2 != 0 && counts[k - 1] != 0;
            fill_decode(f, &g->ops, p, k, counts[k], extra);
            next(g, f, TABLE_DECODE);
        }
    }
}

static void fill_stretch(filling *g, const stretch *s, lookups *look) {
    const pp_rv64_witness *w = g->w;
    const table *d = &rv64_tables[s->table];
    const pp_steps *steps = &w->trace->steps[s->kind];
    fill f;
    begin(g, &f, look, s->table, s->row);
    f.calls = (uint32_t)steps->len;
    if (s->table == TABLE_DECODE) {
        fill_words(g, &f);
        return;
    }
    for (size_t i = s->first; i < s->end; i++) {
        if (d->fill != NULL)
            d->fill(&f, &steps->items[i], d);
        else if (s->table == TABLE_PAGE)
            fill_page(&f, &w->pages[i]);
        else if (s->table == TABLE_NODE)
            fill_node(&f, &w->nodes[i]);
        else if (s->table == TABLE_PERMUTATION)
            fill_permutation(&f, &w->permutations[i]);
        else
            fill_run(&f, w->trace);
        next(g, &f, s->table);
    }
}

static void fill_part(void *ctx, size_t first, size_t end, size_t part) {
    filling *g = ctx;
    for (size_t i = first; i < end; i++) fill_stretch(g, &g->list[i], &g->look[part]);
}

static void put_counts(filling *g, uint32_t t, const uint32_t *counts[], unsigned columns_len,
                       uint32_t rows) {
    fill f;
    begin(g, &f, g->look, t, 0);
    for (uint32_t row = 0; row < rows; row++) {
        for (unsigned c = 0; c < columns_len; c++) put(&f, counts[c][row]);
        next(g, &f, t);
    }
}

static void add_lookups(lookups *sum, const lookups *more) {
    for (uint32_t i = 0; i < PP_COUNT(sum->range); i++) sum->range[i] += more->range[i];
    for (uint32_t i = 0; i < PP_COUNT(sum->pair); i++) sum->pair[i] += more->pair[i];
    for (uint32_t i = 0; i < PP_COUNT(sum->and); i++) sum->and[i] += more->and[i];
    for (uint32_t i = 0; i < PP_COUNT(sum->power); i++) sum->power[i] += more->power[i];
}

bool pp_rv64_fill(const pp_rv64_witness *w, const pp_layout *layout, const pp_machine *machine,
                  pp_fp *stack, pp_threads *pool) {
    filling g = {.w = w, .layout = layout, .machine = machine, .stack = stack};
    const size_t parts = pp_threads_len(pool);
    opcodes_begin(&g.ops);
    g.look = calloc(parts, sizeof *g.look);
    bool ok = g.look != NULL && list_all(&g);
    if (ok) {
        pp_threads_run(pool, g.len, 1, fill_part, &g);
        const lookups *all = g.look;
        for (size_t p = 1; p < parts; p++) add_lookups(g.look, &g.look[p]);
        put_counts(&g, TABLE_BYTES, (const uint32_t *[]){all->pair, all->and }, 2, 1 << 16);
        put_counts(&g, TABLE_RANGE, (const uint32_t *[]){all->range}, 1, 1 << 17);
        put_counts(&g, TABLE_POWER, (const uint32_t *[]){all->power}, 1, 16);
        put_counts(&g, TABLE_OPCODE, (const uint32_t *[]){g.ops.counts}, 1, OPCODES_MAX);
    }
    free(g.list);
    free(g.look);
    return ok;
}
