// SPDX-License-Identifier: MIT OR Apache-2.0
// Accounts as they were behind each of the last blocks, and behind the finalized one: of each the
// versions that may still be asked for. About a hundred bytes an account. Only for index/.
#ifndef PP_INDEX_STATES_H
#define PP_INDEX_STATES_H

#include "chain/wire.h"
#include "index/table.h"
#include "state/state.h"

// All zero is empty.
typedef struct pp_states {
    struct pp_states_entry {
        pp_address address;
        uint32_t len, max;
        struct pp_states_version {
            uint64_t height; // of the block since which it is so
            pp_account account;
        } *versions; // ascending
    } *entries;      // every account that was ever set
    size_t len, max;
    pp_table by_address;
} pp_states;

// What may be asked for: blocks from `recent` on, `finalized`, and, where that may move on, all
// behind it.
typedef struct pp_states_reach {
    uint64_t recent, finalized;
    bool moves;
} pp_states_reach;

// So it is behind the block of this height, the last one, and until it is set again.
void pp_states_set(pp_states *s, const pp_address *address, const pp_account *account,
                   uint64_t height, pp_states_reach reach);
// Behind the block of this height, which may be asked for; all zero where there is none.
void pp_states_get(pp_account *out, const pp_states *s, const pp_address *address, uint64_t height);
bool pp_states_has(const pp_states *s, const pp_address *address);

// Those that have changed behind block `since`, with all their versions.
void pp_states_save(const pp_states *s, pp_wire *out, uint64_t since);
// Into an empty one. False when it is nothing that was saved.
PP_NODISCARD bool pp_states_load(pp_states *s, pp_reader *saved);
void pp_states_free(pp_states *s);

#endif
