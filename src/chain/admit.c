// SPDX-License-Identifier: MIT OR Apache-2.0
// Whether an item can go into a block: all that can be said of it without executing it, beside
// whose it is (sender.c). The door (pp_chain_check) and the block's execution ask the same
// function.
#include "chain/internal.h"

static pp_chain_code admit_lane(pp_admission *a, const pp_chain *chain, uint64_t lane) {
    if (lane >= chain->genesis.rollups_len) return PP_CHAIN_LANE;
    a->lane = &chain->lanes[lane];
    return PP_CHAIN_OK;
}

// The lane can go on.
static pp_chain_code admit_open(const pp_lane *lane) {
    if (lane->now.incident) return PP_CHAIN_STOPPED;
    return lane->now.frozen ? PP_CHAIN_FROZEN : PP_CHAIN_OK;
}

// The lane takes transactions from this sender (NULL: nobody in particular) now.
static pp_chain_code admit_order(const pp_chain *chain, const pp_lane *lane,
                                 const pp_address *sender) {
    const pp_genesis_rollup *r = lane->rollup;
    if (!r->open && (!sender || !pp_address_eq(sender, &r->submitter))) return PP_CHAIN_SUBMITTER;
    pp_chain_code code = admit_open(lane);
    if (code != PP_CHAIN_OK) return code;
    return pp_lane_has_room(chain, lane) ? PP_CHAIN_OK : PP_CHAIN_BACKLOG;
}

static bool is_tx_size(size_t size) {
    return size > 0 && size <= PP_ROLLUP_TX_SIZE_MAX;
}

// u64 lane | u32 count > 0 | transactions.
static pp_chain_code admit_transactions(pp_admission *a, const pp_chain *chain) {
    pp_reader r = pp_reader_of(a->item.command.payload);
    uint64_t id = pp_read_u64(&r);
    uint32_t count = pp_read_u32(&r);
    a->txs = r.rest;
    bool sizes_ok = true;
    for (uint32_t i = 0; r.ok && i < count; i++) sizes_ok &= is_tx_size(pp_read_bytes(&r).size);
    if (!pp_read_done(&r) || count == 0) return PP_CHAIN_FORMAT;
    pp_chain_code code = admit_lane(a, chain, id);
    if (code == PP_CHAIN_OK) code = admit_order(chain, a->lane, &a->item.command.sender);
    if (code == PP_CHAIN_OK && !sizes_ok) code = PP_CHAIN_TX_SIZE;
    return code;
}

pp_u128 pp_sender_has(const pp_admission *a, const pp_chain *chain) {
    pp_u128 free = chain->market.accounts[a->account].free;
    return free > a->unpaid ? free - a->unpaid : 0;
}

static pp_chain_code admit_amount(const pp_admission *a, const pp_chain *chain) {
    if (a->amount == 0 || a->amount > PP_MARKET_AMOUNT_MAX) return PP_CHAIN_AMOUNT;
    return pp_sender_has(a, chain) < a->amount ? PP_CHAIN_BALANCE : PP_CHAIN_OK;
}

// What the fund of a frozen lane does not owe would be nobody's for ever.
static pp_chain_code admit_fund(const pp_admission *a, const pp_chain *chain, const pp_lane *lane) {
    if (!lane->now.frozen) return PP_CHAIN_OK;
    const pp_market_account *fund = pp_market_find_account(&chain->market, &lane->fund);
    pp_u128 owed = pp_market_debt_of(&chain->market, fund);
    return owed >= fund->free && a->amount <= owed - fund->free ? PP_CHAIN_OK : PP_CHAIN_FROZEN;
}

static pp_chain_code admit_receiver(const pp_admission *a, const pp_chain *chain) {
    for (size_t i = 0; i < chain->genesis.rollups_len; i++)
        if (pp_address_eq(&chain->lanes[i].fund, &a->receiver))
            return admit_fund(a, chain, &chain->lanes[i]);
    return pp_accounts_admit(chain, &a->receiver, a->amount);
}

static pp_chain_code admit_transfer(pp_admission *a, const pp_chain *chain) {
    pp_chain_code code = admit_amount(a, chain);
    return code == PP_CHAIN_OK ? admit_receiver(a, chain) : code;
}

// `named`: the receiver of the withdrawal has signed, and names who is paid.
static pp_chain_code admit_withdraw(pp_admission *a, const pp_chain *chain, bool named) {
    pp_reader r = pp_reader_of(a->item.command.payload);
    if (named) pp_read_into(&r, a->receiver.b, sizeof a->receiver.b);
    pp_withdrawal *w = &a->withdrawal;
    pp_hash32 path[PP_WITHDRAWALS_LOG_MAX];
    uint64_t id = pp_read_u64(&r);
    a->batch = pp_read_u64(&r);
    w->index = pp_read_u64(&r);
    pp_read_into(&r, w->receiver.b, sizeof w->receiver.b);
    a->amount = pp_read_u128(&r);
    w->amount = pp_u256_from_u128(a->amount);
    size_t len = r.rest.size / sizeof path[0];
    if (!r.ok || r.rest.size % sizeof path[0] != 0 || len > PP_COUNT(path)) return PP_CHAIN_FORMAT;
    if (len > 0) memcpy(path, r.rest.data, r.rest.size);
    if (!named) a->receiver = w->receiver;
    pp_chain_code code = admit_lane(a, chain, id);
    if (code == PP_CHAIN_OK) code = pp_claims_check(a->lane, a->batch, w, path, len);
    // Anyone may see to it that somebody is paid, but not that the price of a place is burned for
    // it.
    bool own = pp_address_eq(&a->item.command.sender, &w->receiver);
    if (code == PP_CHAIN_OK && !own && (named || !pp_accounts_there(chain, &w->receiver)))
        code = PP_CHAIN_NOT_YOURS;
    return code == PP_CHAIN_OK ? admit_receiver(a, chain) : code;
}

static pp_chain_code admit_exit(pp_admission *a, const pp_chain *chain) {
    pp_reader r = pp_reader_of(a->item.command.payload);
    uint64_t id = pp_read_u64(&r);
    pp_read_into(&r, a->receiver.b, sizeof a->receiver.b);
    if (!r.ok || r.rest.size > PP_EXIT_PROOF_MAX) return PP_CHAIN_FORMAT;
    pp_chain_code code = admit_lane(a, chain, id);
    if (code == PP_CHAIN_OK && !pp_exit_is_open(chain, a->lane)) code = PP_CHAIN_EXIT_CLOSED;
    if (code == PP_CHAIN_OK)
        code = pp_exit_check(&a->amount, chain, a->lane, &a->item.command.sender, r.rest);
    return code == PP_CHAIN_OK && a->amount > 0 ? admit_receiver(a, chain) : code;
}

// The sender has the fee beside the amount (0 where there is none), and the queue's fee is at most
// what it would pay.
static pp_chain_code admit_fee(const pp_admission *a, const pp_chain *chain, pp_chain_code queue) {
    if (queue != PP_CHAIN_OK) return queue;
    pp_u128 free = pp_sender_has(a, chain);
    return free < a->fee || free - a->fee < a->amount ? PP_CHAIN_BALANCE : PP_CHAIN_OK;
}

// u64 lane | 20 receiver | u128 wei | u128 most fee.
static pp_chain_code admit_deposit(pp_admission *a, const pp_chain *chain) {
    pp_reader r = pp_reader_of(a->item.command.payload);
    uint64_t id = pp_read_u64(&r);
    pp_read_into(&r, a->receiver.b, sizeof a->receiver.b);
    a->amount = pp_read_u128(&r);
    pp_u128 fee_max = pp_read_u128(&r);
    if (!pp_read_done(&r)) return PP_CHAIN_FORMAT;
    pp_chain_code code = admit_lane(a, chain, id);
    if (code == PP_CHAIN_OK) code = admit_open(a->lane);
    if (code != PP_CHAIN_OK) return code;
    if (a->amount == 0 || a->amount > PP_MARKET_AMOUNT_MAX) return PP_CHAIN_AMOUNT;
    if (pp_rollup_is_precompile(&a->receiver) ||
        pp_address_eq(&a->receiver, &pp_rollup_exit_address))
        return PP_CHAIN_RECEIVER;
    return admit_fee(a, chain, pp_queue_admit_deposit(&a->fee, a->lane, fee_max));
}

// u64 lane | u128 most fee | u32 size and raw transaction.
static pp_chain_code admit_force(pp_admission *a, const pp_chain *chain) {
    pp_reader r = pp_reader_of(a->item.command.payload);
    uint64_t id = pp_read_u64(&r);
    pp_u128 fee_max = pp_read_u128(&r);
    a->raw = pp_read_bytes(&r);
    if (!pp_read_done(&r)) return PP_CHAIN_FORMAT;
    pp_chain_code code = admit_lane(a, chain, id);
    if (code == PP_CHAIN_OK) code = admit_open(a->lane);
    if (code != PP_CHAIN_OK) return code;
    if (a->raw.size == 0 || a->raw.size > PP_ROLLUP_FORCED_SIZE_MAX) return PP_CHAIN_TX_SIZE;
    return admit_fee(a, chain, pp_queue_admit_forced(&a->fee, a->lane, fee_max));
}

static pp_chain_code admit_payload(pp_admission *a, const pp_chain *chain) {
    pp_reader r = pp_reader_of(a->item.command.payload);
    switch (a->item.command.kind) {
    case PP_COMMAND_MARKET:
        if (!pp_market_command_decode(a->command, a->item.command.payload)) return PP_CHAIN_FORMAT;
        a->command->sender = a->item.command.sender;
        // It has nothing to do anything with, and would be the market's for good.
        if (!pp_accounts_there(chain, &a->command->sender)) return PP_CHAIN_BALANCE;
        return pp_proof_fits(chain, a->command) ? PP_CHAIN_OK : PP_CHAIN_PROOF_SIZE;
    case PP_COMMAND_TRANSFER:
        pp_read_into(&r, a->receiver.b, sizeof a->receiver.b);
        a->amount = pp_read_u128(&r);
        return pp_read_done(&r) ? admit_transfer(a, chain) : PP_CHAIN_FORMAT;
    case PP_COMMAND_LANE:
        return admit_transactions(a, chain);
    case PP_COMMAND_FUND: {
        uint64_t id = pp_read_u64(&r);
        a->amount = pp_read_u128(&r);
        if (!pp_read_done(&r)) return PP_CHAIN_FORMAT;
        pp_chain_code code = admit_lane(a, chain, id);
        if (code == PP_CHAIN_OK) code = admit_amount(a, chain);
        return code == PP_CHAIN_OK ? admit_fund(a, chain, a->lane) : code;
    }
    case PP_COMMAND_WITHDRAW:
        return admit_withdraw(a, chain, false);
    case PP_COMMAND_WITHDRAW_TO:
        return admit_withdraw(a, chain, true);
    case PP_COMMAND_EXIT:
        return admit_exit(a, chain);
    case PP_COMMAND_DEPOSIT:
        return admit_deposit(a, chain);
    case PP_COMMAND_FORCE:
        return admit_force(a, chain);
    case PP_COMMAND_CREATE:
        return pp_registry_admit(a, chain);
    default:
        return PP_CHAIN_KIND;
    }
}

static pp_chain_code admit_command(pp_admission *a, const pp_chain *chain) {
    // Its place may have been given on since it was looked at: it had paid its last wei.
    if (!pp_command_is_claim(a->item.command.kind) && !pp_sender_find(a, chain))
        return PP_CHAIN_ACCOUNT;
    return admit_payload(a, chain);
}

static pp_chain_code admit_tx(pp_admission *a, const pp_chain *chain) {
    pp_chain_code code = admit_lane(a, chain, a->item.lane);
    if (code == PP_CHAIN_OK) code = admit_order(chain, a->lane, NULL);
    if (code == PP_CHAIN_OK && !is_tx_size(a->item.raw.size)) code = PP_CHAIN_TX_SIZE;
    return code;
}

void pp_chain_admit(pp_admission *a, pp_market_command *command, const pp_chain *chain) {
    a->command = command;
    if (a->result.code == PP_CHAIN_OK)
        a->result.code =
            a->item.type == PP_ITEM_COMMAND ? admit_command(a, chain) : admit_tx(a, chain);
}

static pp_chain_code check(pp_admission *a, pp_market_command *command, const pp_chain *chain,
                           pp_bytes item, pp_chain_ahead ahead) {
    pp_sender_look(a, command, chain, item, ahead);
    pp_chain_admit(a, command, chain);
    return a->result.code;
}

pp_chain_code pp_chain_check(const pp_chain *chain, pp_bytes item) {
    pp_admission a;
    pp_market_command command;
    return check(&a, &command, chain, item, (pp_chain_ahead){0, 0});
}

pp_chain_code pp_chain_check_behind(pp_market_reason *market, const pp_chain *chain, pp_bytes item,
                                    pp_chain_ahead ahead) {
    pp_admission a;
    pp_market_command command;
    pp_chain_code code = check(&a, &command, chain, item, ahead);
    bool proof = code == PP_CHAIN_OK && a.item.type == PP_ITEM_COMMAND &&
                 a.item.command.kind == PP_COMMAND_MARKET && command.kind == PP_MARKET_PROVE;
    *market = proof ? pp_market_look_at_proof(&chain->market, &command) : PP_MARKET_OK;
    return *market == PP_MARKET_OK ? code : PP_CHAIN_MARKET;
}
