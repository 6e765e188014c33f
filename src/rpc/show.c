// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum's objects as JSON (execution-apis, schemas).
#include <stdlib.h>

#include "codec/rlp.h"
#include "rpc/internal.h"

json_t *pp_show_bytes(const uint8_t *data, size_t size) {
    char small[2 + 512 + 1], *text = small;
    if (size > 256) text = malloc(2 * size + 3);
    PP_ASSERT(text != NULL);
    memcpy(text, "0x", 2);
    pp_hex_encode(text + 2, data, size);
    json_t *value = json_string(text);
    if (text != small) free(text);
    return value;
}

json_t *pp_show_u256(const pp_u256 *v) {
    uint8_t bytes[32];
    char text[2 + 64 + 1] = "0x";
    pp_u256_store_be(bytes, v);
    pp_hex_encode(text + 2, bytes, sizeof bytes);
    size_t zeros = strspn(text + 2, "0");
    if (zeros == 64) zeros = 63;
    memmove(text + 2, text + 2 + zeros, 64 - zeros + 1);
    return json_string(text);
}

json_t *pp_show_u64(uint64_t v) {
    pp_u256 wide = pp_u256_from_u64(v);
    return pp_show_u256(&wide);
}

static void set(json_t *object, const char *name, json_t *value) {
    int failed = json_object_set_new_nocheck(object, name, value);
    PP_ASSERT(failed == 0);
}
static void set_u64(json_t *object, const char *name, uint64_t v) {
    set(object, name, pp_show_u64(v));
}
static void set_hash(json_t *object, const char *name, const pp_hash32 *hash) {
    set(object, name, pp_show_bytes(hash->b, sizeof hash->b));
}
static void set_address(json_t *object, const char *name, const pp_address *address) {
    set(object, name, pp_show_bytes(address->b, sizeof address->b));
}

static pp_u256 tip_of(const pp_tx *tx, uint64_t base_fee) {
    pp_u256 base = pp_u256_from_u64(base_fee), tip;
    if (!pp_u256_sub(&tip, &tx->fee_cap, &base)) return pp_u256_from_u64(0);
    return pp_u256_cmp(&tip, &tx->tip_cap) > 0 ? tx->tip_cap : tip;
}

static pp_u256 price_of(const pp_tx *tx, uint64_t base_fee) {
    pp_u256 price = tip_of(tx, base_fee), base = pp_u256_from_u64(base_fee);
    return pp_u256_add(&price, &price, &base) ? price : tx->fee_cap;
}

pp_u256 pp_show_tip(const pp_index *index, const pp_index_tx *tx) {
    pp_tx decoded;
    pp_tx_status status = pp_tx_decode(&decoded, pp_index_raw(index, tx));
    PP_ASSERT(status == PP_TX_OK);
    return tip_of(&decoded, tx->base_fee);
}

// The access list of a decoded typed transaction.
static json_t *access_list(const pp_tx *tx, pp_bytes raw) {
    pp_bytes rest = {raw.data + 1, raw.size - 1}, fields, list, pair, keys, bytes;
    json_t *out = json_array();
    bool ok = pp_rlp_list(&fields, &rest);
    for (int skip = tx->type == PP_TX_1559 ? 8 : 7; ok && skip > 0; skip--)
        ok = pp_rlp_string(&bytes, &fields);
    ok = ok && pp_rlp_list(&list, &fields);
    while (ok && list.size > 0) {
        json_t *entry = json_object(), *slots = json_array();
        ok = pp_rlp_list(&pair, &list) && pp_rlp_string(&bytes, &pair) && pp_rlp_list(&keys, &pair);
        if (ok) set(entry, "address", pp_show_bytes(bytes.data, bytes.size));
        while (ok && keys.size > 0 && (ok = pp_rlp_string(&bytes, &keys)))
            json_array_append_new(slots, pp_show_bytes(bytes.data, bytes.size));
        set(entry, "storageKeys", slots);
        json_array_append_new(out, entry);
    }
    PP_ASSERT(ok); // it was decoded before
    return out;
}

static void set_signature(json_t *out, const pp_tx *tx) {
    pp_u256 r, s;
    pp_u256_load_be(&r, tx->r);
    pp_u256_load_be(&s, tx->s);
    uint64_t v = tx->parity;
    if (tx->type == PP_TX_LEGACY) v += tx->has_chain_id ? 35 + 2 * tx->chain_id : 27;
    set_u64(out, "v", v);
    set(out, "r", pp_show_u256(&r));
    set(out, "s", pp_show_u256(&s));
    if (tx->type != PP_TX_LEGACY) set_u64(out, "yParity", tx->parity);
}

json_t *pp_show_tx(pp_bytes raw, const pp_address *sender, const pp_index_block *block,
                   uint32_t position, uint64_t base_fee) {
    pp_tx tx;
    pp_tx_status status = pp_tx_decode(&tx, raw);
    PP_ASSERT(status == PP_TX_OK);
    json_t *out = json_object();
    set_hash(out, "hash", &tx.hash);
    set(out, "blockHash", block ? pp_show_bytes(block->hash.b, 32) : json_null());
    set(out, "blockNumber", block ? pp_show_u64(block->height) : json_null());
    set(out, "transactionIndex", block ? pp_show_u64(position) : json_null());
    set_address(out, "from", sender);
    set(out, "to", tx.creates ? json_null() : pp_show_bytes(tx.to.b, sizeof tx.to.b));
    set_u64(out, "type", (uint64_t)tx.type);
    set_u64(out, "nonce", tx.nonce);
    set_u64(out, "gas", tx.gas_limit);
    set(out, "value", pp_show_u256(&tx.value));
    set(out, "input", pp_show_bytes(tx.data.data, tx.data.size));
    if (tx.has_chain_id) set_u64(out, "chainId", tx.chain_id);
    pp_u256 price = tx.fee_cap;
    if (tx.type == PP_TX_1559) {
        set(out, "maxFeePerGas", pp_show_u256(&tx.fee_cap));
        set(out, "maxPriorityFeePerGas", pp_show_u256(&tx.tip_cap));
        if (block) price = price_of(&tx, base_fee);
    }
    set(out, "gasPrice", pp_show_u256(&price));
    if (tx.type != PP_TX_LEGACY) set(out, "accessList", access_list(&tx, raw));
    set_signature(out, &tx);
    return out;
}

static json_t *zeros(size_t size) {
    static const uint8_t none[256];
    PP_ASSERT(size <= sizeof none);
    return pp_show_bytes(none, size);
}

json_t *pp_show_receipt(const pp_index *index, const pp_index_tx *tx, const pp_index_block *block) {
    pp_tx decoded;
    pp_tx_status status = pp_tx_decode(&decoded, pp_index_raw(index, tx));
    PP_ASSERT(status == PP_TX_OK);
    pp_u256 price = price_of(&decoded, tx->base_fee);
    json_t *out = json_object();
    set_hash(out, "transactionHash", &tx->hash);
    set_u64(out, "transactionIndex", tx->position);
    set_hash(out, "blockHash", &block->hash);
    set_u64(out, "blockNumber", block->height);
    set_address(out, "from", &tx->sender);
    set_address(out, "to", &decoded.to);
    set_u64(out, "type", (uint64_t)decoded.type);
    set_u64(out, "status", 1);
    set_u64(out, "gasUsed", tx->gas_used);
    set_u64(out, "cumulativeGasUsed", tx->gas_before + tx->gas_used);
    set(out, "effectiveGasPrice", pp_show_u256(&price));
    set(out, "contractAddress", json_null());
    set(out, "logs", json_array());
    set(out, "logsBloom", zeros(256));
    return out;
}

static json_t *transactions(const pp_index *index, const pp_index_block *block, bool full) {
    json_t *list = json_array();
    for (uint64_t i = 0; i < block->ordered; i++) {
        const pp_index_tx *tx = pp_index_tx_at(index, block->first + i);
        if (tx->reason != PP_ROLLUP_OK) continue;
        json_array_append_new(list, full ? pp_show_tx(pp_index_raw(index, tx), &tx->sender, block,
                                                      tx->position, tx->base_fee)
                                         : pp_show_bytes(tx->hash.b, 32));
    }
    return list;
}

// Fields that only proof of work or Ethereum's own trees give a meaning are zero; the state root is
// the chain's app hash.
json_t *pp_show_block(const pp_rpc *rpc, const pp_index_block *block, bool full) {
    // Keccak-256 of the RLP of an empty list: no uncles.
    static const char no_uncles[] =
        "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
    uint64_t limit = rpc->env.gas_limit;
    json_t *out = json_object();
    set_u64(out, "number", block->height);
    set_hash(out, "hash", &block->hash);
    set_hash(out, "parentHash", &block->parent);
    set_hash(out, "stateRoot", &block->state);
    set(out, "transactionsRoot", zeros(32));
    set(out, "receiptsRoot", zeros(32));
    set(out, "sha3Uncles", json_string(no_uncles));
    set(out, "logsBloom", zeros(256));
    set(out, "mixHash", zeros(32));
    set(out, "nonce", zeros(8));
    set(out, "extraData", json_string("0x"));
    set_address(out, "miner", &rpc->env.fee_recipient);
    set_u64(out, "difficulty", 0);
    set_u64(out, "totalDifficulty", 0);
    set_u64(out, "size", block->size);
    set_u64(out, "gasLimit", block->gas_used > limit ? block->gas_used : limit);
    set_u64(out, "gasUsed", block->gas_used);
    set_u64(out, "baseFeePerGas", block->base_fee);
    set_u64(out, "timestamp", block->time / 1000);
    set(out, "uncles", json_array());
    set(out, "transactions", transactions(rpc->index, block, full));
    return out;
}
