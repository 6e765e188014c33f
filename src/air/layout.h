// SPDX-License-Identifier: MIT OR Apache-2.0
// Where each cell of a shard's trace lies: all columns of all tables in one vector of 2^log_cells
// elements, the stack, which is what is committed. A pure function of the machine and the numbers
// of rows, the same for both sides. Pure.
//
// A table's number of rows is canonical: a multiple of 2^log_min with at most four one digits in
// binary. The digits cut the table into pieces of 2^h rows, largest first; a piece holds all
// columns of its rows, one after the other, 2^h cells each. The pieces of all tables, sorted by (h
// descending, table, place in the table), fill the stack from 0; the rest of it is zero. So column
// c of a piece begins at a multiple of its length.
#ifndef PP_AIR_LAYOUT_H
#define PP_AIR_LAYOUT_H

#include "air/air.h"

enum {
    PP_AIR_PIECES_MAX = 4, // of one table
    PP_AIR_LOG_CELLS_MAX = 30,
};

// Rows times interactions times their arity, over all tables, are below this: the degree of what
// alpha and beta must not be a zero of (docs/proofs.md).
#define PP_AIR_BUS_DEGREE_MAX ((uint64_t)1 << 33)

typedef struct pp_piece {
    uint16_t table;
    uint8_t log_rows;
    uint32_t first_row; // of the table
    uint64_t offset;    // in the stack, of its column 0; column c lies c << log_rows further
} pp_piece;

typedef struct pp_layout {
    uint32_t tables_len, pieces_len;
    uint32_t log_rows;  // n: the virtual height is 2^n
    uint32_t log_cells; // m: the stack has 2^m cells
    uint64_t cells;     // used by columns
    uint32_t rows[PP_AIR_TABLES_MAX];
    pp_piece pieces[PP_AIR_TABLES_MAX * PP_AIR_PIECES_MAX]; // as they lie in the stack
    // By table, largest piece first: numbers in pieces[].
    uint16_t table_pieces[PP_AIR_TABLES_MAX][PP_AIR_PIECES_MAX];
    uint8_t table_pieces_len[PP_AIR_TABLES_MAX];
} pp_layout;

// The smallest canonical number of rows that is at least `rows` (0 for 0).
uint32_t pp_layout_round(uint32_t rows, uint32_t log_min);

typedef enum pp_layout_status {
    PP_LAYOUT_OK = 0,
    PP_LAYOUT_ROWS,  // a number of rows is not canonical, too large, or not the table's fixed one
    PP_LAYOUT_EMPTY, // no table is used
    PP_LAYOUT_CELLS, // more than 2^log_cells_max cells
    PP_LAYOUT_TERMS, // rows times interactions, over all tables, reach p, or the degree its limit
} pp_layout_status;

// rows: one number a table (0: unused). log_min: between 1 and PP_AIR_LOG_FIXED_ROWS_MIN, the
// parameter set's. log_cells is at least log_cells_min. *out is the layout when all is well.
PP_NODISCARD pp_layout_status pp_layout_make(pp_layout *out, const pp_machine *machine,
                                             const uint32_t *rows, uint32_t log_min,
                                             uint32_t log_cells_min, uint32_t log_cells_max);

// Cell (column, row) of a table; row < rows[table].
static inline uint64_t pp_layout_cell(const pp_layout *l, uint32_t table, uint32_t column,
                                      uint32_t row) {
    for (uint32_t i = 0; i < l->table_pieces_len[table]; i++) {
        const pp_piece *p = &l->pieces[l->table_pieces[table][i]];
        uint32_t in = row - p->first_row;
        if (in < (uint32_t)1 << p->log_rows)
            return p->offset + ((uint64_t)column << p->log_rows) + in;
    }
    return 0;
}

// Writing a table row by row: begin, then the cell (column) of the current row, then next. Rows
// come in order; the stack was zeroed before. Made for trace writers: a cell is one store.
typedef struct pp_row_writer {
    const pp_layout *layout;
    pp_fp *stack, *row; // row: column 0 of the current row
    uint32_t table, piece, left, log_rows;
} pp_row_writer;

void pp_row_writer_begin(pp_row_writer *w, const pp_layout *layout, pp_fp *stack, uint32_t table,
                         uint32_t first_row);
static inline void pp_row_set(pp_row_writer *w, uint32_t column, pp_fp value) {
    w->row[(size_t)column << w->log_rows] = value;
}
static inline void pp_row_set_u32(pp_row_writer *w, uint32_t column, uint32_t value) {
    pp_row_set(w, column, pp_fp_from_u32(value));
}
static inline pp_fp pp_row_get(const pp_row_writer *w, uint32_t column) {
    return w->row[(size_t)column << w->log_rows];
}
// The next row; after the table's last, only _begin may follow.
void pp_row_next(pp_row_writer *w);

#endif
