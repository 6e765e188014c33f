// SPDX-License-Identifier: MIT OR Apache-2.0
// The tables by number; only this folder's own files include this.
#ifndef PP_RV64_MACHINE_H
#define PP_RV64_MACHINE_H

#include "rv64/tables.h"

// Tables of steps come first, then these.
enum {
    TABLE_RUN = 64,
    TABLE_DECODE,
    TABLE_PAGE,
    TABLE_NODE,
    TABLE_PERMUTATION,
    TABLE_KECCAK_ROUND,
    TABLE_BYTES,
    TABLE_RANGE,
    TABLE_POWER,
    TABLE_OPCODE,
    TABLE_KECCAK_RC, // fixed too, but used only when there are rounds
    TABLES_LEN
};
extern const table rv64_tables[TABLES_LEN];

#endif
