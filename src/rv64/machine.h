// SPDX-License-Identifier: MIT OR Apache-2.0
// The tables by number; only this folder's own files include this.
#ifndef PP_RV64_MACHINE_H
#define PP_RV64_MACHINE_H

#include "rv64/tables.h"

// Tables of instructions and their like come first, then these, then the accelerators'.
enum {
    TABLE_RUN = 63,
    TABLE_DECODE,
    TABLE_PAGE,
    TABLE_NODE,
    TABLE_PERMUTATION,
    TABLE_BYTES,
    TABLE_RANGE,
    TABLE_POWER,
    TABLE_OPCODE,
#define X(id, ...) TABLE_##id,
    PP_ACCELS(X) MORE_ACCEL_TABLES(X)
#undef X
        TABLES_LEN
};
extern const table rv64_tables[TABLES_LEN];

#endif
