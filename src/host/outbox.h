// SPDX-License-Identifier: MIT OR Apache-2.0
// What waits for the next block: signed commands, in order, with their nonces.
#ifndef PP_HOST_OUTBOX_H
#define PP_HOST_OUTBOX_H

#include "chain/chain.h"

// All zero is empty.
typedef struct pp_outbox {
    size_t len, max;
    pp_bytes *items; // heap, each
    pp_address *senders;
} pp_outbox;

// Signs a command of the key's account with its next nonce, those that wait here counted, and
// takes it in. The key is valid, asserted.
void pp_outbox_command(pp_outbox *box, const pp_chain *chain, const uint8_t key[32],
                       pp_command_kind kind, pp_bytes payload);
// The same for a market command.
void pp_outbox_market(pp_outbox *box, const pp_chain *chain, const uint8_t key[32],
                      const pp_market_command *command);
// Empties it.
void pp_outbox_clear(pp_outbox *box);
// Gives its memory back.
void pp_outbox_free(pp_outbox *box);

#endif
