// SPDX-License-Identifier: MIT OR Apache-2.0
#include "air/layout.h"

uint32_t pp_layout_round(uint32_t rows, uint32_t log_min) {
    uint32_t unit = (uint32_t)1 << log_min;
    rows = (rows + unit - 1) & ~(unit - 1);
    while (__builtin_popcount(rows) > PP_AIR_PIECES_MAX) rows += rows & -rows;
    return rows;
}

static bool rows_are_canonical(const pp_air_table *t, uint32_t rows, uint32_t log_min) {
    if (rows > (uint32_t)1 << PP_AIR_LOG_ROWS_MAX) return false;
    if (t->log_fixed && rows != 0) return rows == (uint32_t)1 << t->log_fixed;
    return pp_layout_round(rows, log_min) == rows;
}

// The pieces of one table, in order, with no place in the stack yet.
static void cut(pp_layout *l, uint32_t table) {
    uint32_t first = 0;
    for (uint32_t h = PP_AIR_LOG_ROWS_MAX + 1; h-- > 0;) {
        if (!(l->rows[table] >> h & 1)) continue;
        pp_piece *p = &l->pieces[l->pieces_len++];
        *p = (pp_piece){.table = (uint16_t)table, .log_rows = (uint8_t)h, .first_row = first};
        first += (uint32_t)1 << h;
    }
}

// Stable insertion by height: at most 384 pieces.
static void sort(pp_layout *l) {
    for (uint32_t i = 1; i < l->pieces_len; i++) {
        pp_piece p = l->pieces[i];
        uint32_t j = i;
        for (; j > 0 && l->pieces[j - 1].log_rows < p.log_rows; j--)
            l->pieces[j] = l->pieces[j - 1];
        l->pieces[j] = p;
    }
}

static uint64_t arities(const pp_air_table *t) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < t->interactions_len; i++) sum += t->interactions[i].arity;
    return sum;
}

pp_layout_status pp_layout_make(pp_layout *out, const pp_machine *machine, const uint32_t *rows,
                                uint32_t log_min, uint32_t log_cells_min, uint32_t log_cells_max) {
    PP_ASSERT(log_min >= 1 && log_min <= PP_AIR_LOG_FIXED_ROWS_MIN);
    PP_ASSERT(log_cells_max <= PP_AIR_LOG_CELLS_MAX);
    memset(out, 0, sizeof *out);
    out->tables_len = machine->tables_len;
    uint64_t terms = machine->boundary->interactions_len, degree = arities(machine->boundary);
    uint32_t highest = 0;
    for (uint32_t t = 0; t < machine->tables_len; t++) {
        if (!rows_are_canonical(&machine->tables[t], rows[t], log_min)) return PP_LAYOUT_ROWS;
        out->rows[t] = rows[t];
        cut(out, t);
        terms += (uint64_t)rows[t] * machine->tables[t].interactions_len;
        degree += rows[t] * arities(&machine->tables[t]);
        if (rows[t] > highest) highest = rows[t];
    }
    if (highest == 0) return PP_LAYOUT_EMPTY;
    if (terms >= PP_FP_MODULUS || degree >= PP_AIR_BUS_DEGREE_MAX) return PP_LAYOUT_TERMS;
    while (((uint32_t)1 << out->log_rows) < highest) out->log_rows++;
    sort(out);
    uint64_t cells = 0;
    for (uint32_t i = 0; i < out->pieces_len; i++) {
        pp_piece *p = &out->pieces[i];
        p->offset = cells;
        cells += (uint64_t)machine->tables[p->table].columns_len << p->log_rows;
        out->table_pieces[p->table][out->table_pieces_len[p->table]++] = (uint16_t)i;
    }
    out->cells = cells;
    out->log_cells = log_cells_min;
    while ((uint64_t)1 << out->log_cells < cells) out->log_cells++;
    return out->log_cells <= log_cells_max ? PP_LAYOUT_OK : PP_LAYOUT_CELLS;
}

static void enter(pp_row_writer *w, uint32_t in) {
    const pp_layout *l = w->layout;
    PP_ASSERT(w->piece < l->table_pieces_len[w->table]);
    const pp_piece *p = &l->pieces[l->table_pieces[w->table][w->piece]];
    w->row = w->stack + p->offset + in;
    w->left = ((uint32_t)1 << p->log_rows) - in;
    w->log_rows = p->log_rows;
}

void pp_row_writer_begin(pp_row_writer *w, const pp_layout *layout, pp_fp *stack, uint32_t table,
                         uint32_t first_row) {
    PP_ASSERT(first_row < layout->rows[table]);
    *w = (pp_row_writer){.layout = layout, .stack = stack, .table = table};
    uint32_t in = first_row;
    for (;; w->piece++) {
        uint32_t size = (uint32_t)1
                        << layout->pieces[layout->table_pieces[table][w->piece]].log_rows;
        if (in < size) break;
        in -= size;
    }
    enter(w, in);
}

void pp_row_next(pp_row_writer *w) {
    w->row++;
    if (--w->left > 0) return;
    w->piece++;
    w->row = NULL;
    if (w->piece < w->layout->table_pieces_len[w->table]) enter(w, 0);
}
