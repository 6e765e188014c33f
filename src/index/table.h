// SPDX-License-Identifier: MIT OR Apache-2.0
// A hash table from keys that are hashes themselves to places in a list. Only for index/.
#ifndef PP_INDEX_TABLE_H
#define PP_INDEX_TABLE_H

#include "base/base.h"

// All zero is empty.
typedef struct pp_table {
    struct pp_table_slot {
        uint32_t mark; // four bytes of the key
        uint32_t at;   // place + 1; 0: free
    } *slots;
    size_t len, max;    // max a power of two
    uint64_t secret[4]; // drawn with the first key
} pp_table;
#define PP_TABLE_NONE UINT32_MAX

// key: at least 20 bytes; they choose the slot, with a secret of this table's. The same key may
// stand twice.
void pp_table_add(pp_table *table, const uint8_t *key, uint32_t at);
// The first place in order of adding for which `same` says yes, or NONE.
uint32_t pp_table_find(const pp_table *table, const uint8_t *key,
                       bool (*same)(const void *ctx, uint32_t at, const uint8_t *key),
                       const void *ctx);
void pp_table_free(pp_table *table);

#endif
