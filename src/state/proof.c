// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/cells.h"

// --- encode ---

typedef struct writer {
    uint8_t *out;
    size_t room, size;
} writer;

static void put_bytes(writer *w, const uint8_t *bytes, size_t size) {
    if (w->size <= w->room && size <= w->room - w->size) memcpy(w->out + w->size, bytes, size);
    w->size += size;
}

// Recursion at most PP_STATE_DEPTH deep: walk() refuses deeper trees before they are loaded.
static void write_cell(writer *w, const pp_state *s, uint32_t cell) {
    const pp_state_cell *c = &s->cells[cell];
    const pp_state_leaf *leaf;
    uint8_t bytes[PP_STATE_LEAF_SIZE] = {c->kind};
    put_bytes(w, bytes, 1);
    switch ((pp_cell_kind)c->kind) {
    case PP_CELL_EMPTY:
        return;
    case PP_CELL_STUB:
        pp_digest_encode(bytes, &c->digest);
        put_bytes(w, bytes, PP_DIGEST_SIZE);
        return;
    case PP_CELL_LEAF:
        leaf = &s->leaves[c->child[0]];
        pp_state_leaf_encode(bytes, &leaf->address, &leaf->account);
        put_bytes(w, bytes, PP_STATE_LEAF_SIZE);
        return;
    case PP_CELL_NODE:
        write_cell(w, s, c->child[0]);
        write_cell(w, s, c->child[1]);
        return;
    }
}

size_t pp_state_proof(const pp_state *s, uint8_t *out, size_t out_size) {
    writer w = {.out = out, .room = out_size};
    write_cell(&w, s, s->pre_root);
    return w.size;
}

// --- decode ---

typedef struct reader {
    pp_state *state;
    const uint8_t *at, *end;
} reader;

// The next `size` bytes, or NULL.
static const uint8_t *take(reader *r, size_t size) {
    if ((size_t)(r->end - r->at) < size) return NULL;
    const uint8_t *p = r->at;
    r->at += size;
    return p;
}

static pp_state_status read_stub(reader *r, uint32_t *out) {
    pp_state_status st = pp_cell_new(r->state, out, PP_CELL_STUB);
    if (st != PP_STATE_OK) return st;
    const uint8_t *p = take(r, PP_DIGEST_SIZE);
    if (!p) return PP_STATE_PROOF;
    pp_digest *digest = &r->state->cells[*out].digest;
    uint32_t any = 0; // an empty subtree is no stub
    for (size_t i = 0; i < PP_DIGEST_LEN; i++) {
        uint32_t x = pp_load_le32(p + 4 * i);
        if (x >= PP_FP_MODULUS) return PP_STATE_PROOF;
        any |= x;
        digest->e[i] = pp_fp_from_u32(x);
    }
    return any == 0 ? PP_STATE_PROOF : PP_STATE_OK;
}

static pp_state_status read_leaf(reader *r, uint32_t *out) {
    pp_address address;
    pp_account account;
    const uint8_t *p = take(r, PP_STATE_LEAF_SIZE);
    if (!p) return PP_STATE_PROOF;
    pp_state_leaf_decode(&address, &account, p);
    return pp_cell_new_leaf(r->state, out, &address, &account);
}

// The next cell, its children still to come.
static pp_state_status read_cell(reader *r, uint32_t *out, unsigned depth) {
    const uint8_t *kind = take(r, 1);
    if (!kind) return PP_STATE_PROOF;
    pp_state_status st;
    switch (*kind) {
    case PP_CELL_EMPTY: // at the root something may be put in its place
        *out = 0;
        return depth == 0 ? pp_cell_new(r->state, out, PP_CELL_EMPTY) : PP_STATE_OK;
    case PP_CELL_STUB:
        return read_stub(r, out);
    case PP_CELL_LEAF:
        st = read_leaf(r, out);
        break;
    case PP_CELL_NODE:
        st = depth == PP_STATE_DEPTH ? PP_STATE_PROOF : pp_cell_new(r->state, out, PP_CELL_NODE);
        break;
    default:
        return PP_STATE_PROOF;
    }
    if (st == PP_STATE_OK) r->state->cells[*out].dirty = true;
    return st;
}

// One account is a leaf, none is empty: never a node.
static bool is_node(const pp_state *s, const uint32_t child[2]) {
    if (child[0] != 0 && child[1] != 0) return true;
    uint8_t kind = s->cells[child[0] | child[1]].kind;
    return kind != PP_CELL_EMPTY && kind != PP_CELL_LEAF;
}

// Pre-order, with the nodes on the way in a list: twice a node's number, and one once its left
// subtree is whole.
static pp_state_status read_tree(reader *r) {
    uint32_t way[PP_STATE_DEPTH], cell;
    unsigned depth = 0;
    do {
        pp_state_status st = read_cell(r, &cell, depth);
        if (st != PP_STATE_OK) return st;
        pp_state_cell *cells = r->state->cells;
        if (depth == 0)
            r->state->pre_root = cell;
        else
            cells[way[depth - 1] >> 1].child[way[depth - 1] & 1] = cell;
        if (cells[cell].kind == PP_CELL_NODE) {
            way[depth++] = cell << 1;
            continue;
        }
        while (depth != 0 && (way[depth - 1] & 1) != 0)
            if (!is_node(r->state, cells[way[--depth] >> 1].child)) return PP_STATE_PROOF;
        if (depth != 0) way[depth - 1]++;
    } while (depth != 0);
    return r->at == r->end ? PP_STATE_OK : PP_STATE_PROOF;
}

pp_state_status pp_state_open_proof(pp_state *s, const pp_state_source *source, pp_digest *root,
                                    pp_bytes proof) {
    // Most of a multiproof are digests, and there are as many nodes.
    uint32_t cells = proof.size < (1U << 30) ? (uint32_t)(2 * proof.size / PP_DIGEST_SIZE) : 0;
    pp_state_status st = pp_state_begin(s, source, cells);
    if (st != PP_STATE_OK) return st;
    reader r = {.state = s, .at = proof.data, .end = proof.data + proof.size};
    st = read_tree(&r);
    if (st != PP_STATE_OK) return st;
    pp_state_hash(s);
    *root = s->cells[s->pre_root].digest;
    return PP_STATE_OK;
}
