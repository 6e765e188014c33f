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

// The hash in node mode of bytes as elements of 27 bits, so that the 60 of a leaf fill one
// permutation's 18 elements.
static void hash_bytes(pp_digest *out, const uint8_t *bytes, size_t size, uint32_t tag) {
    enum { BITS = 27 };
    alignas(8) pp_digest left;
    alignas(8) pp_digest right;
    uint64_t window = 0;
    unsigned bits = 0;
    size_t at = 0;
    for (int i = 0; i < 2 * PP_DIGEST_LEN; i++) {
        while (bits < BITS) {
            window |= (uint64_t)(at < size ? bytes[at] : 0) << bits;
            at++;
            bits += 8;
        }
        pp_digest *half = i < PP_DIGEST_LEN ? &left : &right;
        half->e[i % PP_DIGEST_LEN] = pp_fp_from_u32((uint32_t)window & ((1U << BITS) - 1));
        window >>= BITS;
        bits -= BITS;
    }
    pp_hash_node(out, &left, &right, tag);
}

void pp_state_leaf_digest(pp_digest *out, const pp_address *address, const pp_account *account) {
    uint8_t bytes[PP_STATE_LEAF_SIZE];
    pp_state_leaf_encode(bytes, address, account);
    hash_bytes(out, bytes, sizeof bytes, PP_TAG_STATE_LEAF);
}

void pp_state_path(uint8_t out[PP_STATE_DEPTH / 8], const pp_address *address) {
    alignas(8) pp_digest hash;
    hash_bytes(&hash, address->b, sizeof address->b, PP_TAG_STATE_KEY);
    for (int i = 0; i < PP_DIGEST_LEN; i++) {
        uint32_t e = pp_fp_to_u32(hash.e[i]);
        out[3 * i] = (uint8_t)(e >> 16);
        out[3 * i + 1] = (uint8_t)(e >> 8);
        out[3 * i + 2] = (uint8_t)e;
    }
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
