// SPDX-License-Identifier: MIT OR Apache-2.0
// Whose an item is, whether it is that sender's next one, and what its bytes cost. Of a block's
// items all of this is done before the first is executed: so nothing that a command does can leave
// those behind it in the block unpaid, and a door need only count their bytes (docs/decisions.md).
#include "chain/internal.h"

pp_u128 pp_chain_command_fee(const pp_chain *chain, uint64_t bytes) {
    return (pp_u128)chain->genesis.command_fee * bytes;
}

bool pp_proof_fits(const pp_chain *chain, const pp_market_command *command) {
    return chain->genesis.check != PP_CHECK_PROOF ||
           command->proof.size <= chain->genesis.proofs.bytes;
}

// A proof by whom the market has drawn for it, and that it will look at: what bounds these is the
// stake. Who has put all he has into his stake can deliver (so the market says of the bond, too).
static bool is_due(pp_market_command *scratch, const pp_chain *chain, const pp_command *c) {
    const pp_market *m = &chain->market;
    if (c->kind != PP_COMMAND_MARKET || !pp_market_command_decode(scratch, c->payload) ||
        scratch->kind != PP_MARKET_PROVE || !pp_proof_fits(chain, scratch))
        return false;
    scratch->sender = c->sender;
    const pp_market_request *r = pp_market_find_request(m, &scratch->request);
    return r && r->state == PP_MARKET_ASSIGNED &&
           pp_address_eq(&m->accounts[r->primary].address, &c->sender) &&
           pp_market_look_at_proof(m, scratch) == PP_MARKET_OK;
}

static pp_chain_code look_at_fee(pp_admission *a, pp_market_command *scratch, const pp_chain *chain,
                                 pp_bytes item, pp_chain_ahead ahead, bool first) {
    pp_u128 free = chain->market.accounts[a->account].free;
    pp_u128 fee = pp_chain_command_fee(chain, item.size);
    a->unpaid = pp_chain_command_fee(chain, ahead.bytes);
    if (free < a->unpaid || free - a->unpaid < fee) {
        if (!first || !is_due(scratch, chain, &a->item.command)) return PP_CHAIN_COMMAND_FEE;
        fee = 0;
    }
    a->unpaid += fee;
    a->result.fee = fee;
    return PP_CHAIN_OK;
}

static pp_chain_code look_at_command(pp_admission *a, pp_market_command *scratch,
                                     const pp_chain *chain, pp_bytes item, pp_chain_ahead ahead) {
    const pp_command *c = &a->item.command;
    if (memcmp(c->network, chain->genesis_hash.b, sizeof c->network) != 0) return PP_CHAIN_NETWORK;
    if (!pp_command_verify(c, &chain->genesis_hash)) return PP_CHAIN_SIGNATURE;
    a->result.has_sender = true;
    a->result.sender = c->sender;
    a->result.kind = c->kind;
    if (pp_command_is_claim(c->kind)) return c->nonce == 0 ? PP_CHAIN_OK : PP_CHAIN_NONCE_GAP;
    if (!pp_sender_find(a, chain)) return PP_CHAIN_ACCOUNT;
    const pp_place *place = &chain->places[a->account];
    uint64_t next = place->nonce + ahead.commands;
    if (c->nonce != next) return c->nonce < next ? PP_CHAIN_NONCE_LOW : PP_CHAIN_NONCE_GAP;
    bool first = ahead.commands == 0 && !(chain->entering && place->sent == chain->height);
    return look_at_fee(a, scratch, chain, item, ahead, first);
}

bool pp_sender_find(pp_admission *a, const pp_chain *chain) {
    const pp_market_account *account =
        pp_market_find_account(&chain->market, &a->item.command.sender);
    if (account) a->account = (uint32_t)(account - chain->market.accounts);
    return account != NULL;
}

void pp_sender_look(pp_admission *a, pp_market_command *scratch, const pp_chain *chain,
                    pp_bytes item, pp_chain_ahead ahead) {
    memset(a, 0, sizeof *a);
    pp_chain_code code = PP_CHAIN_OK;
    if (item.size > pp_genesis_item_max(&chain->genesis))
        code = PP_CHAIN_SIZE;
    else if (!pp_item_decode(&a->item, item))
        code = PP_CHAIN_FORMAT;
    else if (a->item.type == PP_ITEM_COMMAND)
        code = look_at_command(a, scratch, chain, item, ahead);
    a->result.code = code;
}

// ---- in a block ---------------------------------------------------------------------------------

static void count_command(pp_chain *chain, const pp_admission *a) {
    pp_place *place = &chain->places[a->account];
    uint8_t bytes[20 + 8];
    place->nonce++;
    place->sent = chain->height;
    memcpy(bytes, a->item.command.sender.b, 20);
    pp_store_le64(bytes + 20, place->nonce);
    pp_wire w = {.data = bytes, .size = sizeof bytes};
    pp_chain_chain_hash(&chain->nonces_hash, "polypoly/nonce/1", &w);
}

void pp_sender_enter(pp_chain *chain, pp_bytes item, pp_market_command *scratch) {
    pp_admission a;
    pp_sender_look(&a, scratch, chain, item, (pp_chain_ahead){0, 0});
    const pp_address *sender = &a.item.command.sender;
    if (a.result.code == PP_CHAIN_OK && pp_chain_is_counted(&a.result)) {
        count_command(chain, &a);
        pp_market_reason reason = pp_market_withdraw(&chain->market, sender, a.result.fee);
        PP_ASSERT(reason == PP_MARKET_OK);
        chain->burned += a.result.fee;
        pp_accounts_look(chain, sender);
    }
    PP_CHAIN_GROW(chain->items, chain->items_len, chain->items_max);
    chain->items[chain->items_len++] = a.result;
}

void pp_sender_give_back(pp_chain *chain, pp_chain_item_result *result) {
    pp_market_reason reason = pp_market_deposit(&chain->market, &result->sender, result->fee);
    PP_ASSERT(reason == PP_MARKET_OK);
    chain->burned -= result->fee;
    result->fee = 0;
}
