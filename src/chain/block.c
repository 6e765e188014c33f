// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chain/block.h"

#include <stdlib.h>

#include "chain/wire.h"
#include "hash/keccak.h"
#include "sign/keys.h"

// ---- items ------------------------------------------------------------------------------------

static bool decode_command(pp_command *out, pp_reader *r) {
    pp_read_into(r, out->network, sizeof out->network);
    pp_read_into(r, out->sender.b, sizeof out->sender.b);
    out->nonce = pp_read_u64(r);
    out->kind = pp_read_u8(r);
    out->payload = pp_read_bytes(r);
    out->signature = pp_read_raw(r, PP_SIGNATURE_SIZE).data;
    return pp_read_done(r);
}

bool pp_item_decode(pp_item *out, pp_bytes bytes) {
    pp_item item = {.type = PP_ITEM_COMMAND};
    pp_reader r = pp_reader_of(bytes);
    switch (pp_read_u8(&r)) {
    case PP_ITEM_COMMAND:
        item.type = PP_ITEM_COMMAND;
        if (!decode_command(&item.command, &r)) return false;
        break;
    case PP_ITEM_LANE_TX:
        item.type = PP_ITEM_LANE_TX;
        item.lane = pp_read_u64(&r);
        item.raw = pp_read_bytes(&r);
        if (!pp_read_done(&r)) return false;
        break;
    default:
        return false;
    }
    *out = item;
    return true;
}

static void command_digest(pp_hash32 *out, const pp_hash32 *genesis, const pp_address *sender,
                           uint64_t nonce, uint8_t kind, pp_bytes payload) {
    static const char tag[] = "polypoly/command/1";
    uint8_t fixed[13];
    pp_store_le64(fixed, nonce);
    fixed[8] = kind;
    pp_store_le32(fixed + 9, (uint32_t)payload.size);
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, genesis->b, sizeof genesis->b);
    pp_keccak_update(&k, sender->b, sizeof sender->b);
    pp_keccak_update(&k, fixed, sizeof fixed);
    pp_keccak_update(&k, payload.data, payload.size);
    pp_keccak_final(&k, out);
}

bool pp_command_verify(const pp_command *command, const pp_hash32 *genesis) {
    const uint8_t *s = command->signature;
    pp_hash32 digest;
    command_digest(&digest, genesis, &command->sender, command->nonce, command->kind,
                   command->payload);
    pp_address signer;
    return pp_sign_is_low_s(s + 32) && pp_sign_recover(&signer, &digest, s, s + 32, s[64]) &&
           pp_address_eq(&signer, &command->sender);
}

uint8_t *pp_command_sign(size_t *out_size, const pp_hash32 *genesis, const uint8_t key[32],
                         uint64_t nonce, pp_command_kind kind, pp_bytes payload) {
    pp_address sender;
    pp_hash32 digest;
    uint8_t signature[PP_SIGNATURE_SIZE];
    if (!pp_sign_address(&sender, key)) return NULL;
    command_digest(&digest, genesis, &sender, nonce, (uint8_t)kind, payload);
    if (!pp_sign_make(signature, &digest, key)) return NULL;
    pp_wire w = {0};
    pp_wire_u8(&w, PP_ITEM_COMMAND);
    pp_wire_raw(&w, genesis->b, 4);
    pp_wire_address(&w, &sender);
    pp_wire_u64(&w, nonce);
    pp_wire_u8(&w, (uint8_t)kind);
    pp_wire_bytes(&w, payload);
    pp_wire_raw(&w, signature, sizeof signature);
    PP_ASSERT(w.size == payload.size + PP_COMMAND_OVERHEAD);
    *out_size = w.size;
    return w.data;
}

uint8_t *pp_lane_tx_encode(size_t *out_size, uint64_t lane, pp_bytes raw) {
    pp_wire w = {0};
    pp_wire_u8(&w, PP_ITEM_LANE_TX);
    pp_wire_u64(&w, lane);
    pp_wire_bytes(&w, raw);
    *out_size = w.size;
    return w.data;
}

uint8_t *pp_lane_payload_encode(size_t *out_size, uint64_t lane, const pp_bytes *txs,
                                size_t txs_len) {
    pp_wire w = {0};
    pp_wire_u64(&w, lane);
    pp_wire_u32(&w, (uint32_t)txs_len);
    for (size_t i = 0; i < txs_len; i++) pp_wire_bytes(&w, txs[i]);
    *out_size = w.size;
    return w.data;
}

void pp_transfer_payload_encode(uint8_t out[PP_TRANSFER_PAYLOAD_SIZE], const pp_address *receiver,
                                pp_u128 wei) {
    memcpy(out, receiver->b, 20);
    pp_store_le128(out + 20, wei);
}

void pp_fund_payload_encode(uint8_t out[PP_FUND_PAYLOAD_SIZE], uint64_t lane, pp_u128 wei) {
    pp_store_le64(out, lane);
    pp_store_le128(out + 8, wei);
}

size_t pp_withdraw_payload_encode(uint8_t out[PP_WITHDRAW_PAYLOAD_MAX], uint64_t lane,
                                  uint64_t batch, const pp_withdrawal *all, uint64_t count,
                                  uint64_t index) {
    pp_hash32 path[PP_WITHDRAWALS_LOG_MAX];
    pp_u128 wei;
    bool fits = pp_u256_to_u128(&wei, &all[index].amount);
    PP_ASSERT(fits);
    pp_store_le64(out, lane);
    pp_store_le64(out + 8, batch);
    pp_store_le64(out + 16, index);
    memcpy(out + 24, all[index].receiver.b, 20);
    pp_store_le128(out + 44, wei);
    size_t len = pp_withdrawals_path(path, all, count, index);
    memcpy(out + PP_WITHDRAW_PAYLOAD_SIZE, path, 32 * len);
    return PP_WITHDRAW_PAYLOAD_SIZE + 32 * len;
}

bool pp_command_claim_key(pp_hash32 *out, const pp_command *c) {
    enum { LEAF = 24, LANE = 8 }; // lane, batch and index; lane
    pp_bytes p = c->payload;
    memset(out, 0, sizeof *out);
    if (!pp_command_is_claim(c->kind)) return false;
    if (c->kind == PP_COMMAND_WITHDRAW_TO && p.size >= 20) p = (pp_bytes){p.data + 20, p.size - 20};
    bool leaves = c->kind == PP_COMMAND_EXIT;
    if (p.size < (leaves ? LANE : LEAF)) return false;
    out->b[0] = leaves ? 2 : 1;
    memcpy(out->b + 1, p.data, leaves ? LANE : LEAF);
    if (leaves) memcpy(out->b + 1 + LANE, c->sender.b, sizeof c->sender.b);
    return true;
}

uint8_t *pp_withdraw_sign(size_t *out_size, const pp_hash32 *genesis, const uint8_t key[32],
                          pp_bytes payload, const pp_address *paid) {
    uint8_t to[20 + PP_WITHDRAW_PAYLOAD_MAX];
    if (!paid) return pp_command_sign(out_size, genesis, key, 0, PP_COMMAND_WITHDRAW, payload);
    PP_ASSERT(payload.size <= PP_WITHDRAW_PAYLOAD_MAX);
    memcpy(to, paid->b, 20);
    if (payload.size) memcpy(to + 20, payload.data, payload.size);
    return pp_command_sign(out_size, genesis, key, 0, PP_COMMAND_WITHDRAW_TO,
                           (pp_bytes){to, 20 + payload.size});
}

uint8_t *pp_exit_payload_encode(size_t *out_size, uint64_t lane, const pp_address *receiver,
                                pp_bytes proof) {
    pp_wire w = {0};
    pp_wire_u64(&w, lane);
    pp_wire_address(&w, receiver);
    pp_wire_raw(&w, proof.data, proof.size);
    *out_size = w.size;
    return w.data;
}

void pp_deposit_payload_encode(uint8_t out[PP_DEPOSIT_PAYLOAD_SIZE], uint64_t lane,
                               const pp_address *receiver, pp_u128 wei, pp_u128 fee_max) {
    pp_store_le64(out, lane);
    memcpy(out + 8, receiver->b, 20);
    pp_store_le128(out + 28, wei);
    pp_store_le128(out + 44, fee_max);
}

uint8_t *pp_force_payload_encode(size_t *out_size, uint64_t lane, pp_u128 fee_max, pp_bytes raw) {
    pp_wire w = {0};
    pp_wire_u64(&w, lane);
    pp_wire_u128(&w, fee_max);
    pp_wire_bytes(&w, raw);
    *out_size = w.size;
    return w.data;
}

// ---- blocks -----------------------------------------------------------------------------------

bool pp_block_decode(pp_block *out, pp_bytes bytes) {
    pp_block block = {0};
    pp_reader r = pp_reader_of(bytes);
    block.height = pp_read_u64(&r);
    block.time = pp_read_u64(&r);
    pp_read_into(&r, block.parent.b, 32);
    pp_read_into(&r, block.state.b, 32);
    pp_read_into(&r, block.beacon.b, 32);
    block.items_len = pp_read_u32(&r);
    block.items = r.rest;
    for (uint32_t i = 0; r.ok && i < block.items_len; i++) pp_read_bytes(&r);
    if (r.ok && r.rest.size == PP_BLOCK_SIGNATURE_SIZE) {
        block.items.size -= r.rest.size;
        block.signature = pp_read_raw(&r, PP_BLOCK_SIGNATURE_SIZE).data;
    }
    if (!pp_read_done(&r)) return false;
    *out = block;
    return true;
}

pp_bytes pp_block_next(pp_bytes *items) {
    pp_reader r = pp_reader_of(*items);
    pp_bytes item = pp_read_bytes(&r);
    PP_ASSERT(r.ok);
    *items = r.rest;
    return item;
}

uint8_t *pp_block_encode(size_t *out_size, const pp_block *block, const pp_bytes *items,
                         size_t items_len) {
    PP_ASSERT(items_len <= UINT32_MAX);
    pp_wire w = {0};
    pp_wire_u64(&w, block->height);
    pp_wire_u64(&w, block->time);
    pp_wire_hash(&w, &block->parent);
    pp_wire_hash(&w, &block->state);
    pp_wire_hash(&w, &block->beacon);
    pp_wire_u32(&w, (uint32_t)items_len);
    for (size_t i = 0; i < items_len; i++) pp_wire_bytes(&w, items[i]);
    *out_size = w.size;
    return w.data;
}

static void signature_digest(pp_hash32 *out, const pp_hash32 *genesis, pp_bytes bytes) {
    static const char tag[] = "polypoly/block-signature/1";
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, genesis->b, sizeof genesis->b);
    pp_keccak_update(&k, bytes.data, bytes.size);
    pp_keccak_final(&k, out);
}

void pp_block_sign(uint8_t **block, size_t *size, const pp_hash32 *genesis, const uint8_t key[32]) {
    pp_hash32 digest;
    signature_digest(&digest, genesis, (pp_bytes){*block, *size});
    uint8_t *longer = realloc(*block, *size + PP_BLOCK_SIGNATURE_SIZE);
    PP_ASSERT(longer != NULL);
    bool is_key = pp_sign_make(longer + *size, &digest, key);
    PP_ASSERT(is_key);
    *block = longer;
    *size += PP_BLOCK_SIGNATURE_SIZE;
}

bool pp_block_is_signed(const pp_block *block, pp_bytes bytes, const pp_hash32 *genesis,
                        const pp_address *signer) {
    const uint8_t *s = block->signature;
    pp_hash32 digest;
    pp_address who;
    if (s == NULL) return false;
    signature_digest(&digest, genesis,
                     (pp_bytes){bytes.data, bytes.size - PP_BLOCK_SIGNATURE_SIZE});
    return pp_sign_is_low_s(s + 32) && pp_sign_recover(&who, &digest, s, s + 32, s[64]) &&
           pp_address_eq(&who, signer);
}

void pp_block_hash(pp_hash32 *out, const pp_hash32 *genesis, pp_bytes bytes) {
    static const char tag[] = "polypoly/block/1";
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, genesis->b, sizeof genesis->b);
    pp_keccak_update(&k, bytes.data, bytes.size);
    pp_keccak_final(&k, out);
}
