// SPDX-License-Identifier: MIT OR Apache-2.0
#include "codec/tx.h"

#include "codec/rlp.h"
#include "hash/keccak.h"
#include "sign/sign.h"

static bool read_recipient(pp_tx *tx, pp_bytes *in) {
    pp_bytes to;
    if (!pp_rlp_string(&to, in) || (to.size != 0 && to.size != 20)) return false;
    tx->creates = to.size == 0;
    if (!tx->creates) memcpy(tx->to.b, to.data, 20);
    return true;
}

static bool read_access_list(pp_tx *tx, pp_bytes *in) {
    pp_bytes list;
    if (!pp_rlp_list(&list, in)) return false;
    while (list.size > 0) {
        pp_bytes entry, address, keys, key;
        if (!pp_rlp_list(&entry, &list) || !pp_rlp_string(&address, &entry) ||
            !pp_rlp_list(&keys, &entry) || entry.size != 0 || address.size != 20)
            return false;
        tx->access_addresses++;
        while (keys.size > 0) {
            if (!pp_rlp_string(&key, &keys) || key.size != 32) return false;
            tx->access_keys++;
        }
    }
    return true;
}

static bool read_scalar(uint8_t out[32], pp_bytes *in) {
    pp_u256 x;
    if (!pp_rlp_u256(&x, in)) return false;
    pp_u256_store_be(out, &x);
    return true;
}

// Gas limit, recipient, value, data: the same in every type.
static bool read_call(pp_tx *tx, pp_bytes *in) {
    return pp_rlp_u64(&tx->gas_limit, in) && read_recipient(tx, in) &&
           pp_rlp_u256(&tx->value, in) && pp_rlp_string(&tx->data, in);
}

// The hash of prefix ‖ list(fields ‖ suffix), with fields taken as they stand in the raw bytes.
static void hash_unsigned(pp_hash32 *out, const uint8_t *prefix, size_t prefix_size,
                          pp_bytes fields, const uint8_t *suffix, size_t suffix_size) {
    uint8_t header[9];
    size_t header_size = pp_rlp_header(header, true, fields.size + suffix_size);
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, prefix, prefix_size);
    pp_keccak_update(&k, header, header_size);
    pp_keccak_update(&k, fields.data, fields.size);
    pp_keccak_update(&k, suffix, suffix_size);
    pp_keccak_final(&k, out);
}

// The RLP of a chain id below 2^64 into out[9].
static size_t encode_u64(uint8_t out[9], uint64_t v) {
    if (v < 0x80) {
        out[0] = v == 0 ? 0x80 : (uint8_t)v;
        return 1;
    }
    size_t bytes = 0;
    for (uint64_t rest = v; rest != 0; rest >>= 8) bytes++;
    out[0] = (uint8_t)(0x80 + bytes);
    for (size_t i = 0; i < bytes; i++) out[1 + i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    return 1 + bytes;
}

static bool decode_legacy(pp_tx *tx, pp_bytes raw) {
    pp_bytes in;
    if (!pp_rlp_list(&in, &raw) || raw.size != 0) return false;
    const uint8_t *fields = in.data;
    uint64_t v;
    if (!pp_rlp_u64(&tx->nonce, &in) || !pp_rlp_u256(&tx->fee_cap, &in) || !read_call(tx, &in))
        return false;
    pp_bytes signed_part = {fields, (size_t)(in.data - fields)};
    if (!pp_rlp_u64(&v, &in) || !read_scalar(tx->r, &in) || !read_scalar(tx->s, &in) ||
        in.size != 0)
        return false;
    tx->tip_cap = tx->fee_cap;
    uint8_t suffix[11];
    size_t suffix_size = 0;
    if (v >= 35) { // EIP-155
        tx->has_chain_id = true;
        tx->chain_id = (v - 35) / 2;
        tx->parity = (unsigned)((v - 35) & 1);
        suffix_size = encode_u64(suffix, tx->chain_id);
        suffix[suffix_size++] = 0x80;
        suffix[suffix_size++] = 0x80;
    } else {
        tx->parity = v == 27 ? 0 : v == 28 ? 1 : PP_TX_BAD_PARITY;
    }
    hash_unsigned(&tx->signing_hash, NULL, 0, signed_part, suffix, suffix_size);
    return true;
}

static bool decode_typed(pp_tx *tx, pp_bytes raw) {
    pp_bytes in, rest = {raw.data + 1, raw.size - 1};
    if (!pp_rlp_list(&in, &rest) || rest.size != 0) return false;
    const uint8_t *fields = in.data;
    uint64_t parity;
    tx->has_chain_id = true;
    if (!pp_rlp_u64(&tx->chain_id, &in) || !pp_rlp_u64(&tx->nonce, &in) ||
        !pp_rlp_u256(&tx->tip_cap, &in))
        return false;
    tx->fee_cap = tx->tip_cap;
    if (tx->type == PP_TX_1559 && !pp_rlp_u256(&tx->fee_cap, &in)) return false;
    if (!read_call(tx, &in) || !read_access_list(tx, &in)) return false;
    pp_bytes signed_part = {fields, (size_t)(in.data - fields)};
    if (!pp_rlp_u64(&parity, &in) || !read_scalar(tx->r, &in) || !read_scalar(tx->s, &in) ||
        in.size != 0)
        return false;
    tx->parity = parity <= 1 ? (unsigned)parity : PP_TX_BAD_PARITY;
    hash_unsigned(&tx->signing_hash, raw.data, 1, signed_part, NULL, 0);
    return true;
}

pp_tx_status pp_tx_decode(pp_tx *out, pp_bytes raw) {
    if (raw.size == 0) return PP_TX_MALFORMED;
    uint8_t first = raw.data[0];
    pp_tx tx;
    memset(&tx, 0, sizeof tx);
    if (first == 3) return PP_TX_BLOB;
    if (first == 4) return PP_TX_SET_CODE;
    if (first < 0x80 && first != PP_TX_2930 && first != PP_TX_1559) return PP_TX_UNKNOWN_TYPE;
    tx.type = first < 0x80 ? (pp_tx_type)first : PP_TX_LEGACY;
    bool ok = tx.type == PP_TX_LEGACY ? decode_legacy(&tx, raw) : decode_typed(&tx, raw);
    if (!ok) return PP_TX_MALFORMED;
    pp_keccak256(&tx.hash, raw.data, raw.size);
    *out = tx;
    return PP_TX_OK;
}

bool pp_tx_sender(pp_address *out, const pp_tx *tx) {
    return tx->parity <= 1 && pp_sign_is_low_s(tx->s) &&
           pp_sign_recover(out, &tx->signing_hash, tx->r, tx->s, tx->parity);
}
