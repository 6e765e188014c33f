// SPDX-License-Identifier: MIT OR Apache-2.0
// Blocks and what stands in them, as canonical bytes.
//
// A block, little-endian:
//   u64 height | u64 time, ms since 1970 | 32 parent | 32 state | 32 beacon | u32 count | items,
//   each u32 size and bytes
// parent: the hash of the block before (the genesis hash in block 1). state: the app hash before
// this block, so that who replays a log sees at which block it departs. beacon: the host's next
// preimage. Where genesis names a signer, its signature stands behind the items: 65 bytes (r, s,
// parity), low s, over Keccak-256("polypoly/block-signature/1", genesis hash, all before it).
//
// An item is a signed command or an open lane's transaction:
//   0x01 | 4 first bytes of the genesis hash | 20 sender | u64 nonce | u8 kind | u32 size and
//   payload | 65 signature (r, s, parity)
//   0x02 | u64 lane | u32 size and the raw Ethereum transaction, which carries its own signature
// The signature is over Keccak-256("polypoly/command/1", genesis hash, sender, u64 nonce, u8 kind,
// u32 size and payload), low s. A command counts once: its nonce is the sender's next.
#ifndef PP_CHAIN_BLOCK_H
#define PP_CHAIN_BLOCK_H

#include "rollup/withdraw.h"

enum {
    PP_BLOCK_HEADER_SIZE = 116,
    PP_BLOCK_BYTES_MAX = 64 << 20, // genesis may set less
    PP_BLOCK_ITEMS_MAX = 1 << 16,  // likewise
    PP_BLOCK_SIGNATURE_SIZE = 65,
    PP_COMMAND_OVERHEAD = 103, // bytes of a command around its payload
};

// What a command does. Payloads:
typedef enum pp_command_kind {
    PP_COMMAND_MARKET = 1,   // a market command, as market/market.h encodes it
    PP_COMMAND_TRANSFER = 2, // 20 receiver | u128 wei: between free balances
    PP_COMMAND_LANE = 3,     // u64 lane | u32 count | raw transactions, each u32 size and bytes
    PP_COMMAND_FUND = 4,     // u64 lane | u128 wei: from the free balance to a rollup's proof fund
    PP_COMMAND_DEPOSIT = 5,  // u64 lane | 20 receiver | u128 wei | u128 most fee: into a rollup
    PP_COMMAND_FORCE = 6,    // u64 lane | u128 most fee | u32 size and raw transaction
    PP_COMMAND_CREATE = 7,   // a rollup's entry (chain/entry.h)
    PP_COMMAND_WITHDRAW = 8, // u64 lane | u64 batch | u64 index | 20 receiver | u128 wei | path of
                             // 32 bytes each, from the leaf up: pays a withdrawal, whoever sends it
    PP_COMMAND_EXIT = 9,     // u64 lane | 20 receiver | multiproof: pays what the sender has under
                             // the last checked root
    PP_COMMAND_WITHDRAW_TO = 10, // 20 who is paid | payload of WITHDRAW, from its receiver
    PP_COMMAND_KINDS_END
} pp_command_kind;

// Claims can be paid only once whatever is sent how often, and whoever comes out of a rollup need
// have nothing on the chain: these kinds need no account of their sender, and their nonce is 0.
static inline bool pp_command_is_claim(uint8_t kind) {
    return kind == PP_COMMAND_WITHDRAW || kind == PP_COMMAND_EXIT || kind == PP_COMMAND_WITHDRAW_TO;
}

typedef enum pp_item_type { PP_ITEM_COMMAND = 1, PP_ITEM_LANE_TX = 2 } pp_item_type;

typedef struct pp_command {
    uint8_t network[4];
    pp_address sender;
    uint64_t nonce;
    uint8_t kind; // any byte: an unknown kind is for the application to refuse
    pp_bytes payload;
    const uint8_t *signature; // 65 bytes
} pp_command;

// An item taken apart; views into its bytes.
typedef struct pp_item {
    pp_item_type type;
    pp_command command; // PP_ITEM_COMMAND
    uint64_t lane;      // PP_ITEM_LANE_TX
    pp_bytes raw;       // PP_ITEM_LANE_TX
} pp_item;

// False unless the bytes are exactly one item. Total. Signatures are not looked at.
PP_NODISCARD bool pp_item_decode(pp_item *out, pp_bytes bytes);
// The sender has signed this command for the network with this genesis hash.
PP_NODISCARD bool pp_command_verify(const pp_command *command, const pp_hash32 *genesis);

// Makes a signed command: malloc'ed bytes, *out_size of them. NULL when the key is none.
uint8_t *pp_command_sign(size_t *out_size, const pp_hash32 *genesis, const uint8_t key[32],
                         uint64_t nonce, pp_command_kind kind, pp_bytes payload);
// What a claim claims: of several with one key at most one is paid, so a block needs no more than
// one of them. False for other commands, and for bytes that are no claim's.
PP_NODISCARD bool pp_command_claim_key(pp_hash32 *out, const pp_command *command);
// An open lane's transaction as an item: malloc'ed.
uint8_t *pp_lane_tx_encode(size_t *out_size, uint64_t lane, pp_bytes raw);
// Payload of PP_COMMAND_LANE: malloc'ed.
uint8_t *pp_lane_payload_encode(size_t *out_size, uint64_t lane, const pp_bytes *txs,
                                size_t txs_len);
// Payloads of PP_COMMAND_TRANSFER and PP_COMMAND_FUND.
enum { PP_TRANSFER_PAYLOAD_SIZE = 36, PP_FUND_PAYLOAD_SIZE = 24 };
void pp_transfer_payload_encode(uint8_t out[PP_TRANSFER_PAYLOAD_SIZE], const pp_address *receiver,
                                pp_u128 wei);
void pp_fund_payload_encode(uint8_t out[PP_FUND_PAYLOAD_SIZE], uint64_t lane, pp_u128 wei);
// Payload of PP_COMMAND_WITHDRAW: claims all[index] of a batch's `count` withdrawals, whose amount
// is below 2^128, asserted. Returns the size.
enum {
    PP_WITHDRAW_PAYLOAD_SIZE = 60, // without the path
    PP_WITHDRAW_PAYLOAD_MAX = PP_WITHDRAW_PAYLOAD_SIZE + 32 * PP_WITHDRAWALS_LOG_MAX,
};
size_t pp_withdraw_payload_encode(uint8_t out[PP_WITHDRAW_PAYLOAD_MAX], uint64_t lane,
                                  uint64_t batch, const pp_withdrawal *all, uint64_t count,
                                  uint64_t index);
// The command that claims with such a payload, signed: malloc'ed. To `paid` instead of who withdrew
// where that is not NULL; then the key is that of who did. NULL when the key is none.
uint8_t *pp_withdraw_sign(size_t *out_size, const pp_hash32 *genesis, const uint8_t key[32],
                          pp_bytes payload, const pp_address *paid);

// Payload of PP_COMMAND_EXIT: malloc'ed. The multiproof is pp_exit_proof's.
enum { PP_EXIT_PROOF_MAX = 16 << 10 };
uint8_t *pp_exit_payload_encode(size_t *out_size, uint64_t lane, const pp_address *receiver,
                                pp_bytes proof);
// Payload of PP_COMMAND_DEPOSIT; of PP_COMMAND_FORCE: malloc'ed.
enum { PP_DEPOSIT_PAYLOAD_SIZE = 60 };
void pp_deposit_payload_encode(uint8_t out[PP_DEPOSIT_PAYLOAD_SIZE], uint64_t lane,
                               const pp_address *receiver, pp_u128 wei, pp_u128 fee_max);
uint8_t *pp_force_payload_encode(size_t *out_size, uint64_t lane, pp_u128 fee_max, pp_bytes raw);

typedef struct pp_block {
    uint64_t height;
    uint64_t time; // ms since 1970
    pp_hash32 parent;
    pp_hash32 state;
    pp_hash32 beacon;
    uint32_t items_len;
    pp_bytes items;           // encoded, whole; pp_block_next takes them off
    const uint8_t *signature; // PP_BLOCK_SIGNATURE_SIZE bytes, or NULL: it has none
} pp_block;

// False unless the bytes are exactly one block. Total; the items are not looked into.
PP_NODISCARD bool pp_block_decode(pp_block *out, pp_bytes bytes);
// Takes the next item off *items (block.items at first), items_len times.
pp_bytes pp_block_next(pp_bytes *items);
// A block with these items, unsigned: malloc'ed. block->items, items_len and signature are not
// read.
uint8_t *pp_block_encode(size_t *out_size, const pp_block *block, const pp_bytes *items,
                         size_t items_len);
// Signs an unsigned block, malloc'ed: it may move. The key is one, asserted.
void pp_block_sign(uint8_t **block, size_t *size, const pp_hash32 *genesis, const uint8_t key[32]);
// Whether a block, decoded from these bytes, has the signature of `signer`.
PP_NODISCARD bool pp_block_is_signed(const pp_block *block, pp_bytes bytes,
                                     const pp_hash32 *genesis, const pp_address *signer);
// Keccak-256("polypoly/block/1", genesis hash, the encoded block, its signature too).
void pp_block_hash(pp_hash32 *out, const pp_hash32 *genesis, pp_bytes bytes);

#endif
