// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/table.h"

#include <stdlib.h>
#include <sys/random.h>

// Addresses and hashes can be ground so that they meet in one slot, by whoever knows the function:
// each table has a secret.
static uint64_t mix(const pp_table *table, const uint8_t *key) {
    pp_u128 x = (pp_u128)(pp_load_le64(key) ^ table->secret[0]) *
                (pp_load_le64(key + 8) ^ table->secret[1]);
    uint64_t y = (uint64_t)x ^ (uint64_t)(x >> 64);
    y = (y ^ y >> 32) * (table->secret[2] | 1);
    return y >> 32;
}

static void put(pp_table *table, struct pp_table_slot slot, uint64_t hash) {
    size_t i = (size_t)hash & (table->max - 1);
    while (table->slots[i].at != 0) i = (i + 1) & (table->max - 1);
    table->slots[i] = slot;
}

void pp_table_add(pp_table *table, const uint8_t *key, uint32_t at) {
    PP_ASSERT(at < PP_TABLE_NONE - 1);
    if (2 * (table->len + 1) > table->max) {
        // Slots keep 32 bits of the mixed key: enough to find a place again up to 2^32 slots.
        pp_table old = *table;
        if (old.max == 0) {
            ssize_t drawn = getrandom(table->secret, sizeof table->secret, 0);
            PP_ASSERT(drawn == (ssize_t)sizeof table->secret);
        }
        table->max = old.max ? 2 * old.max : 1024;
        table->slots = calloc(table->max, sizeof *table->slots);
        PP_ASSERT(table->slots != NULL && table->max <= (size_t)1 << 32);
        // In order of their chains, so that what was added first is found first.
        size_t start = 0;
        while (start < old.max && old.slots[start].at != 0) start++;
        for (size_t i = 0; i < old.max; i++) {
            struct pp_table_slot s = old.slots[(start + i) & (old.max - 1)];
            if (s.at != 0) put(table, s, s.mark);
        }
        free(old.slots);
    }
    uint64_t hash = mix(table, key);
    put(table, (struct pp_table_slot){(uint32_t)hash, at + 1}, hash);
    table->len++;
}

uint32_t pp_table_find(const pp_table *table, const uint8_t *key,
                       bool (*same)(const void *ctx, uint32_t at, const uint8_t *key),
                       const void *ctx) {
    if (table->max == 0) return PP_TABLE_NONE;
    uint32_t hash = (uint32_t)mix(table, key);
    for (size_t i = hash & (table->max - 1); table->slots[i].at != 0;
         i = (i + 1) & (table->max - 1))
        if (table->slots[i].mark == hash && same(ctx, table->slots[i].at - 1, key))
            return table->slots[i].at - 1;
    return PP_TABLE_NONE;
}

void pp_table_free(pp_table *table) {
    free(table->slots);
    memset(table, 0, sizeof *table);
}
