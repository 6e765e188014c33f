// SPDX-License-Identifier: MIT OR Apache-2.0
// A look into a running state from outside; no guest has a use for it.
#include "state/cells.h"

bool pp_state_peek(const pp_state *s, pp_account *out, const pp_address *address) {
    for (uint32_t i = 0; i < s->entries_len; i++) {
        if (!pp_address_eq(&s->entries[i].address, address)) continue;
        *out = s->entries[i].account;
        return true;
    }
    return false;
}
