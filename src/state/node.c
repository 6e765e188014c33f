// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/cells.h"

const char *pp_state_status_name(pp_state_status status) {
    static const char *const names[] = {
#define X(name, text) [PP_STATE_##name] = text,
        PP_STATE_STATUSES(X)
#undef X
    };
    return status < PP_STATE_STATUSES_LEN ? names[status] : "state-unknown";
}

void pp_state_empty_root(pp_digest *out) {
    memset(out, 0, sizeof *out);
}

void pp_state_leaf_encode(uint8_t out[PP_STATE_LEAF_SIZE], const pp_address *address,
                          const pp_account *account) {
    memcpy(out, address->b, 20);
    pp_store_le64(out + 20, account->nonce);
    for (int i = 0; i < 4; i++) pp_store_le64(out + 28 + 8 * i, account->balance.v[i]);
}

void pp_state_leaf_decode(pp_address *address, pp_account *account,
                          const uint8_t in[PP_STATE_LEAF_SIZE]) {
    memcpy(address->b, in, 20);
    account->nonce = pp_load_le64(in + 20);
    for (int i = 0; i < 4; i++) account->balance.v[i] = pp_load_le64(in + 28 + 8 * i);
}

// Element `i` of bytes given as words, by 27 bits an element: the 60 bytes of a leaf fill the 18
// elements of one permutation.
static pp_fp element(const uint64_t *words, size_t i) {
    enum { BITS = 27 };
    size_t at = i * BITS / 64, shift = i * BITS % 64;
    uint64_t w = words[at] >> shift;
    if (shift > 64 - BITS) w |= words[at + 1] << (64 - shift);
    return pp_fp_from_u32((uint32_t)w & ((1U << BITS) - 1));
}

void pp_state_leaf_halves(pp_digest *left, pp_digest *right, const pp_address *address,
                          const pp_account *account) {
    const uint64_t *balance = account->balance.v;
    const uint64_t words[8] = {pp_load_le64(address->b),
                               pp_load_le64(address->b + 8),
                               pp_load_le32(address->b + 16) | account->nonce << 32,
                               account->nonce >> 32 | balance[0] << 32,
                               balance[0] >> 32 | balance[1] << 32,
                               balance[1] >> 32 | balance[2] << 32,
                               balance[2] >> 32 | balance[3] << 32,
                               balance[3] >> 32};
    for (size_t i = 0; i < PP_DIGEST_LEN; i++) {
        left->e[i] = element(words, i);
        right->e[i] = element(words, PP_DIGEST_LEN + i);
    }
}

void pp_state_leaf_digest(pp_digest *out, const pp_address *address, const pp_account *account) {
    alignas(8) pp_digest left;
    alignas(8) pp_digest right;
    pp_state_leaf_halves(&left, &right, address, account);
    pp_hash_node(out, &left, &right, PP_TAG_STATE_LEAF);
}

void pp_state_path_of(pp_state_path *out, const pp_address *address) {
    static const alignas(8) pp_digest none;
    alignas(8) pp_digest hash = none;
    const uint64_t words[4] = {pp_load_le64(address->b), pp_load_le64(address->b + 8),
                               pp_load_le32(address->b + 16)};
    for (size_t i = 0; i < 6; i++) hash.e[i] = element(words, i); // 160 bits
    pp_hash_node(&hash, &hash, &none, PP_TAG_STATE_KEY);
    uint64_t e[PP_DIGEST_LEN];
    for (size_t i = 0; i < PP_DIGEST_LEN; i++) e[i] = pp_fp_to_u32(hash.e[i]) & 0xffffff;
    out->w[0] = e[0] << 40 | e[1] << 16 | e[2] >> 8;
    out->w[1] = e[2] << 56 | e[3] << 32 | e[4] << 8 | e[5] >> 16;
    out->w[2] = e[5] << 48 | e[6] << 24 | e[7];
    out->w[3] = e[8] << 40;
}

void pp_state_node_digest(pp_digest *out, const pp_state_node *node) {
    if (node->leaf)
        pp_state_leaf_digest(out, &node->address, &node->account);
    else
        pp_hash_node(out, &node->left, &node->right, PP_TAG_STATE);
}

size_t pp_state_node_encode(uint8_t out[PP_STATE_NODE_MAX], const pp_state_node *node) {
    if (node->leaf) {
        out[0] = PP_CELL_LEAF;
        pp_state_leaf_encode(out + 1, &node->address, &node->account);
        return 1 + PP_STATE_LEAF_SIZE;
    }
    out[0] = PP_CELL_NODE;
    pp_digest_encode(out + 1, &node->left);
    pp_digest_encode(out + 1 + PP_DIGEST_SIZE, &node->right);
    return 1 + 2 * PP_DIGEST_SIZE;
}

bool pp_state_node_decode(pp_state_node *out, pp_bytes bytes) {
    memset(out, 0, sizeof *out);
    if (bytes.size == 1 + PP_STATE_LEAF_SIZE && bytes.data[0] == PP_CELL_LEAF) {
        out->leaf = true;
        pp_state_leaf_decode(&out->address, &out->account, bytes.data + 1);
        return true;
    }
    return bytes.size == 1 + 2 * PP_DIGEST_SIZE && bytes.data[0] == PP_CELL_NODE &&
           pp_digest_decode(&out->left, bytes.data + 1) &&
           pp_digest_decode(&out->right, bytes.data + 1 + PP_DIGEST_SIZE);
}
