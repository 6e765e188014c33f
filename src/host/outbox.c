// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/outbox.h"

#include <stdlib.h>

#include "sign/keys.h"

static void grow(pp_outbox *box) {
    if (box->len < box->max) return;
    box->max = box->max ? 2 * box->max : 16;
    pp_bytes *items = realloc(box->items, box->max * sizeof *items);
    pp_address *senders = realloc(box->senders, box->max * sizeof *senders);
    PP_ASSERT(items != NULL && senders != NULL);
    box->items = items;
    box->senders = senders;
}

void pp_outbox_command(pp_outbox *box, const pp_chain *chain, const uint8_t key[32],
                       pp_command_kind kind, pp_bytes payload) {
    grow(box);
    pp_address sender;
    bool valid = pp_sign_address(&sender, key);
    PP_ASSERT(valid);
    uint64_t nonce = pp_chain_nonce(chain, &sender);
    for (size_t i = 0; i < box->len; i++) nonce += pp_address_eq(&box->senders[i], &sender);
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    size_t size;
    uint8_t *item = pp_command_sign(&size, &info.genesis, key, nonce, kind, payload);
    PP_ASSERT(item != NULL);
    box->items[box->len] = (pp_bytes){item, size};
    box->senders[box->len++] = sender;
}

void pp_outbox_market(pp_outbox *box, const pp_chain *chain, const uint8_t key[32],
                      const pp_market_command *command) {
    size_t size = pp_market_command_encode(NULL, 0, command);
    uint8_t *bytes = malloc(size);
    PP_ASSERT(bytes != NULL);
    pp_market_command_encode(bytes, size, command);
    pp_outbox_command(box, chain, key, PP_COMMAND_MARKET, (pp_bytes){bytes, size});
    free(bytes);
}

void pp_outbox_clear(pp_outbox *box) {
    for (size_t i = 0; i < box->len; i++) free((void *)(uintptr_t)box->items[i].data);
    box->len = 0;
}

void pp_outbox_free(pp_outbox *box) {
    pp_outbox_clear(box);
    free(box->items);
    free(box->senders);
    memset(box, 0, sizeof *box);
}
