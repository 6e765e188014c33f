// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/table.h"

#include <stdlib.h>
#include <sys/random.h>

// Addresses can be chosen and hashes ground so that they meet in one slot, by whoever knows the
// function: all 20 bytes go into products with a secret of the table's.
static uint64_t fold(uint64_t a, uint64_t b) {
    pp_u128 x = (pp_u128)a * b;
    return (uint64_t)x ^ (uint64_t)(x >> 64);
}

static uint32_t mix(const pp_table *table, const uint8_t *key) {
    const uint64_t *s = table->secret;
    uint64_t x = fold(pp_load_le64(key) ^ s[0], pp_load_le64(key + 8) ^ s[1]);
    // Once more: keys in equal steps go to equal steps of the first fold, and one secret in a
    // thousand makes these so small that they stand side by side.
    return (uint32_t)fold(fold(x ^ s[2], pp_load_le32(key + 16) ^ s[3]) ^ s[1], s[0]);
}

static void put(pp_table *table, struct pp_table_slot slot) {
    size_t i = (size_t)slot.mark & (table->max - 1);
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
            if (s.at != 0) put(table, s);
        }
        free(old.slots);
    }
    put(table, (struct pp_table_slot){mix(table, key), at + 1});
    table->len++;
}

uint32_t pp_table_find(const pp_table *table, const uint8_t *key,
                       bool (*same)(const void *ctx, uint32_t at, const uint8_t *key),
                       const void *ctx) {
    if (table->max == 0) return PP_TABLE_NONE;
    uint32_t hash = mix(table, key);
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
