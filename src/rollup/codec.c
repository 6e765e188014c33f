// SPDX-License-Identifier: MIT OR Apache-2.0
// Canonical bytes of a batch's input and output.
#include "hash/keccak.h"
#include "rollup/rollup.h"

// --- output ---

enum { OUT_SIZE = 8 + 8 + 2 * PP_DIGEST_SIZE + 32 + 2 * (8 + 32) + 32 + 16 + 4 + 4 };
_Static_assert((int)OUT_SIZE == (int)PP_ROLLUP_OUTPUT_SIZE, "layout of the public output");

static uint8_t *put64(uint8_t *at, uint64_t v) {
    pp_store_le64(at, v);
    return at + 8;
}

static uint8_t *put_digest(uint8_t *at, const pp_digest *d) {
    pp_digest_encode(at, d);
    return at + PP_DIGEST_SIZE;
}

static uint8_t *put_hash(uint8_t *at, const pp_hash32 *h) {
    memcpy(at, h->b, sizeof h->b);
    return at + sizeof h->b;
}

void pp_rollup_output_encode(uint8_t out[PP_ROLLUP_OUTPUT_SIZE], const pp_rollup_output *o) {
    uint8_t *at = put64(out, o->chain_id);
    at = put64(at, o->batch);
    at = put_digest(at, &o->old_root);
    at = put_digest(at, &o->new_root);
    at = put_hash(at, &o->data_hash);
    at = put64(at, o->deposit_position);
    at = put_hash(at, &o->deposit_hash);
    at = put64(at, o->forced_position);
    at = put_hash(at, &o->forced_hash);
    at = put_hash(at, &o->withdrawals);
    pp_store_le128(at, o->base_fees);
    pp_store_le32(at + 16, o->deposits);
    pp_store_le32(at + 20, o->forced);
}

static uint64_t get64(const uint8_t **at) {
    uint64_t v = pp_load_le64(*at);
    *at += 8;
    return v;
}

static bool get_digest(pp_digest *d, const uint8_t **at) {
    if (!pp_digest_decode(d, *at)) return false;
    *at += PP_DIGEST_SIZE;
    return true;
}

static void get_hash(pp_hash32 *h, const uint8_t **at) {
    memcpy(h->b, *at, sizeof h->b);
    *at += sizeof h->b;
}

bool pp_rollup_output_decode(pp_rollup_output *o, pp_bytes bytes) {
    if (bytes.size != PP_ROLLUP_OUTPUT_SIZE) return false;
    memset(o, 0, sizeof *o);
    const uint8_t *at = bytes.data;
    o->chain_id = get64(&at);
    o->batch = get64(&at);
    if (!get_digest(&o->old_root, &at) || !get_digest(&o->new_root, &at)) return false;
    get_hash(&o->data_hash, &at);
    o->deposit_position = get64(&at);
    get_hash(&o->deposit_hash, &at);
    o->forced_position = get64(&at);
    get_hash(&o->forced_hash, &at);
    get_hash(&o->withdrawals, &at);
    o->base_fees = pp_load_le128(at);
    o->deposits = pp_load_le32(at + 16);
    o->forced = pp_load_le32(at + 20);
    return true;
}

// --- input ---
//
//   "polypoly/batch/1", chain_id, batch, timestamp, base_fee, gas_limit (u64 each),
//   fee_recipient (20), deposit_position, forced_position (u64), deposit_hash, forced_hash (32),
//   u32 count, count times (u32 size, bytes)                   -- so far under the data hash
//   u32 count and deposits (20 receiver, u128 amount), u32 count and forced transactions (u32 size,
//   bytes), old root (36), u32 size and multiproof

static const char tag[] = "polypoly/batch/1";
enum { TAG = sizeof tag - 1, ENV = TAG + 5 * 8 + 20 + 2 * (8 + 32), HEAD = ENV + 4 };
enum { DEPOSIT = 20 + 16 };

static void encode_head(uint8_t out[HEAD], const pp_rollup_content *c) {
    const pp_rollup_env *env = &c->env;
    PP_ASSERT(c->txs_len <= PP_ROLLUP_BATCH_TX_MAX);
    memcpy(out, tag, TAG);
    uint8_t *at = put64(out + TAG, env->chain_id);
    at = put64(at, env->batch);
    at = put64(at, env->timestamp);
    at = put64(at, env->base_fee);
    at = put64(at, env->gas_limit);
    memcpy(at, env->fee_recipient.b, 20);
    at = put64(at + 20, env->deposit_position);
    at = put64(at, env->forced_position);
    at = put_hash(at, &env->deposit_hash);
    at = put_hash(at, &env->forced_hash);
    pp_store_le32(at, (uint32_t)c->txs_len);
}

void pp_rollup_data_hash(pp_hash32 *out, const pp_rollup_content *c) {
    uint8_t head[HEAD], size[4];
    pp_keccak k;
    pp_keccak_init(&k);
    encode_head(head, c);
    pp_keccak_update(&k, head, sizeof head);
    for (size_t i = 0; i < c->txs_len; i++) {
        pp_store_le32(size, (uint32_t)c->txs[i].size);
        pp_keccak_update(&k, size, sizeof size);
        pp_keccak_update(&k, c->txs[i].data, c->txs[i].size);
    }
    pp_keccak_final(&k, out);
}

typedef struct writer {
    uint8_t *out;
    size_t room, size;
} writer;

static void put_bytes(writer *w, const void *bytes, size_t size) {
    if (size != 0 && w->size <= w->room && size <= w->room - w->size)
        memcpy(w->out + w->size, bytes, size);
    w->size += size;
}

static void put32(writer *w, size_t v) {
    uint8_t bytes[4];
    PP_ASSERT(v <= UINT32_MAX);
    pp_store_le32(bytes, (uint32_t)v);
    put_bytes(w, bytes, sizeof bytes);
}

static void put_txs(writer *w, const pp_bytes *txs, size_t len) {
    for (size_t i = 0; i < len; i++) {
        put32(w, txs[i].size);
        put_bytes(w, txs[i].data, txs[i].size);
    }
}

size_t pp_rollup_input_encode(uint8_t *out, size_t out_size, const pp_rollup_content *c,
                              const pp_digest *old_root, pp_bytes proof) {
    PP_ASSERT(c->deposits_len <= PP_ROLLUP_DEPOSITS_MAX && c->forced_len <= PP_ROLLUP_FORCED_MAX);
    writer w = {.out = out, .room = out_size};
    uint8_t head[HEAD], deposit[DEPOSIT], root[PP_DIGEST_SIZE];
    encode_head(head, c);
    put_bytes(&w, head, sizeof head);
    put_txs(&w, c->txs, c->txs_len);
    put32(&w, c->deposits_len);
    for (size_t i = 0; i < c->deposits_len; i++) {
        memcpy(deposit, c->deposits[i].receiver.b, 20);
        pp_store_le128(deposit + 20, c->deposits[i].amount);
        put_bytes(&w, deposit, sizeof deposit);
    }
    put32(&w, c->forced_len);
    put_txs(&w, c->forced, c->forced_len);
    pp_digest_encode(root, old_root);
    put_bytes(&w, root, sizeof root);
    put32(&w, proof.size);
    put_bytes(&w, proof.data, proof.size);
    return w.size;
}

// Takes `size` bytes off the front of *from; false when there are not as many.
static bool take(pp_bytes *out, pp_bytes *from, size_t size) {
    if (from->size < size) return false;
    *out = (pp_bytes){from->data, size};
    from->data += size;
    from->size -= size;
    return true;
}

static bool take32(uint32_t *out, pp_bytes *from) {
    pp_bytes b;
    if (!take(&b, from, 4)) return false;
    *out = pp_load_le32(b.data);
    return true;
}

static bool decode_env(pp_rollup_env *env, pp_bytes *rest) {
    pp_bytes b;
    if (!take(&b, rest, ENV) || memcmp(b.data, tag, TAG) != 0) return false;
    const uint8_t *at = b.data + TAG;
    env->chain_id = get64(&at);
    env->batch = get64(&at);
    env->timestamp = get64(&at);
    env->base_fee = get64(&at);
    env->gas_limit = get64(&at);
    memcpy(env->fee_recipient.b, at, 20);
    at += 20;
    env->deposit_position = get64(&at);
    env->forced_position = get64(&at);
    get_hash(&env->deposit_hash, &at);
    get_hash(&env->forced_hash, &at);
    return true;
}

// A count of at most `max`, and as many transactions.
static bool take_txs(pp_bytes *txs, uint32_t *len, pp_bytes *rest, uint32_t max) {
    uint32_t size;
    pp_bytes b;
    if (!take32(len, rest) || *len > max) return false;
    txs->data = rest->data;
    for (uint32_t i = 0; i < *len; i++)
        if (!take32(&size, rest) || !take(&b, rest, size)) return false;
    txs->size = (size_t)(rest->data - txs->data);
    return true;
}

bool pp_rollup_input_decode(pp_rollup_input *input, pp_bytes bytes) {
    memset(input, 0, sizeof *input);
    pp_bytes rest = bytes, b;
    uint32_t size;
    if (bytes.size > PP_ROLLUP_INPUT_MAX || !decode_env(&input->env, &rest)) return false;
    if (!take_txs(&input->txs, &input->txs_len, &rest, PP_ROLLUP_BATCH_TX_MAX)) return false;
    input->data = (pp_bytes){bytes.data, (size_t)(rest.data - bytes.data)};
    if (!take32(&input->deposits_len, &rest) || input->deposits_len > PP_ROLLUP_DEPOSITS_MAX ||
        !take(&input->deposits, &rest, input->deposits_len * (size_t)DEPOSIT))
        return false;
    if (!take_txs(&input->forced, &input->forced_len, &rest, PP_ROLLUP_FORCED_MAX)) return false;
    if (!take(&b, &rest, PP_DIGEST_SIZE) || !pp_digest_decode(&input->old_root, b.data))
        return false;
    return take32(&size, &rest) && take(&input->proof, &rest, size) && rest.size == 0;
}

pp_bytes pp_rollup_input_next(pp_bytes *txs) {
    uint32_t size;
    pp_bytes tx;
    bool whole = take32(&size, txs) && take(&tx, txs, size);
    PP_ASSERT(whole); // pp_rollup_input_decode has been through all of them
    return tx;
}

pp_deposit pp_rollup_input_deposit(pp_bytes *deposits) {
    pp_bytes b;
    pp_deposit out;
    bool whole = take(&b, deposits, DEPOSIT);
    PP_ASSERT(whole); // likewise
    memcpy(out.receiver.b, b.data, 20);
    out.amount = pp_load_le128(b.data + 20);
    return out;
}
