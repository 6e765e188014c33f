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

void pp_state_used(const pp_state *s, void *ctx,
                   void (*each)(void *ctx, const pp_address *address, const pp_account *account)) {
    static const pp_account none;
    for (uint32_t i = 0; i < s->entries_len; i++) {
        const pp_account *a = &s->entries[i].account;
        bool some = a->nonce != none.nonce || pp_u256_cmp(&a->balance, &none.balance) != 0;
        if (some) each(ctx, &s->entries[i].address, a);
    }
}
