// SPDX-License-Identifier: MIT OR Apache-2.0
#include "codec/wallet.h"

#include "codec/rlp.h"
#include "hash/keccak.h"
#include "sign/keys.h"

// The fields of a list, one after the other, without the list's head.
typedef struct fields {
    uint8_t data[PP_TRANSFER_SIZE_MAX];
    size_t size;
} fields;

static void put_bytes(fields *f, const uint8_t *data, size_t size) {
    uint8_t head[9];
    size_t head_size = size == 1 && data[0] < 0x80 ? 0 : pp_rlp_header(head, false, size);
    PP_ASSERT(f->size + head_size + size <= sizeof f->data);
    memcpy(f->data + f->size, head, head_size);
    if (size > 0) memcpy(f->data + f->size + head_size, data, size);
    f->size += head_size + size;
}

// A number, big-endian without leading zeros.
static void put_number(fields *f, const uint8_t *data, size_t size) {
    while (size > 0 && data[0] == 0) data++, size--;
    put_bytes(f, data, size);
}

static void put_u64(fields *f, uint64_t v) {
    uint8_t b[8];
    for (int i = 0; i < 8; i++) b[i] = (uint8_t)(v >> (56 - 8 * i));
    put_number(f, b, sizeof b);
}

// 0x02 and the list: what is hashed for signing, and what is sent.
static size_t typed(uint8_t out[PP_TRANSFER_SIZE_MAX], const fields *f) {
    uint8_t head[9];
    size_t head_size = pp_rlp_header(head, true, f->size);
    PP_ASSERT(1 + head_size + f->size <= PP_TRANSFER_SIZE_MAX);
    out[0] = 2;
    memcpy(out + 1, head, head_size);
    memcpy(out + 1 + head_size, f->data, f->size);
    return 1 + head_size + f->size;
}

size_t pp_transfer_sign(uint8_t out[PP_TRANSFER_SIZE_MAX], const pp_transfer *t,
                        const uint8_t key[32]) {
    fields f = {.size = 0};
    uint8_t value[32], signature[PP_SIGNATURE_SIZE];
    pp_hash32 digest;
    put_u64(&f, t->chain_id);
    put_u64(&f, t->nonce);
    put_u64(&f, t->tip_cap);
    put_u64(&f, t->fee_cap);
    put_u64(&f, t->gas_limit);
    put_bytes(&f, t->to.b, sizeof t->to.b);
    pp_u256_store_be(value, &t->value);
    put_number(&f, value, sizeof value);
    put_bytes(&f, NULL, 0);  // no data
    f.data[f.size++] = 0xc0; // an empty access list
    pp_keccak256(&digest, out, typed(out, &f));
    if (!pp_sign_make(signature, &digest, key)) return 0;
    put_u64(&f, signature[64]);
    put_number(&f, signature, 32);
    put_number(&f, signature + 32, 32);
    return typed(out, &f);
}
