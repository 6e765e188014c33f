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
        pp_state_leaf_encode(bytes, &c->u.leaf.address, &c->u.leaf.account);
        put_bytes(w, bytes, PP_STATE_LEAF_SIZE);
        return;
    case PP_CELL_NODE:
        write_cell(w, s, c->u.child[0]);
        write_cell(w, s, c->u.child[1]);
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

static pp_state_status read_cell(reader *r, uint32_t *out, unsigned depth);

static pp_state_status read_children(reader *r, uint32_t node, unsigned depth) {
    uint32_t child[2];
    for (int i = 0; i < 2; i++) {
        pp_state_status st = read_cell(r, &child[i], depth + 1);
        if (st != PP_STATE_OK) return st;
    }
    // One account is a leaf, none is empty: never a node.
    pp_state_cell *cells = r->state->cells;
    unsigned a = cells[child[0]].kind, b = cells[child[1]].kind;
    if ((a == PP_CELL_EMPTY && (b == PP_CELL_EMPTY || b == PP_CELL_LEAF)) ||
        (b == PP_CELL_EMPTY && a == PP_CELL_LEAF))
        return PP_STATE_PROOF;
    memcpy(cells[node].u.child, child, sizeof child);
    return PP_STATE_OK;
}

static pp_state_status read_stub(reader *r, uint32_t cell) {
    static const pp_digest none;
    pp_digest *digest = &r->state->cells[cell].digest;
    const uint8_t *p = take(r, PP_DIGEST_SIZE);
    if (!p || !pp_digest_decode(digest, p)) return PP_STATE_PROOF;
    if (memcmp(digest, &none, sizeof none) == 0) return PP_STATE_PROOF;
    r->state->cells[cell].hashed = true;
    return PP_STATE_OK;
}

static pp_state_status read_cell(reader *r, uint32_t *out, unsigned depth) {
    const uint8_t *kind = take(r, 1);
    if (!kind || *kind > PP_CELL_NODE) return PP_STATE_PROOF;
    *out = 0;
    if (*kind == PP_CELL_EMPTY) return PP_STATE_OK;
    pp_state_status st = pp_cell_new(r->state, out, (pp_cell_kind)*kind);
    if (st != PP_STATE_OK) return st;
    if (*kind == PP_CELL_STUB) {
        st = read_stub(r, *out);
    } else if (*kind == PP_CELL_NODE) {
        st = depth == PP_STATE_DEPTH ? PP_STATE_PROOF : read_children(r, *out, depth);
    } else {
        const uint8_t *p = take(r, PP_STATE_LEAF_SIZE);
        pp_state_cell *c = &r->state->cells[*out];
        if (p)
            pp_state_leaf_decode(&c->u.leaf.address, &c->u.leaf.account, p);
        else
            st = PP_STATE_PROOF;
    }
    if (st != PP_STATE_OK) return st;
    pp_cell_hash(r->state, *out);
    r->state->cells[*out].old = true;
    return PP_STATE_OK;
}

pp_state_status pp_state_open_proof(pp_state *s, const pp_state_source *source, pp_digest *root,
                                    pp_bytes proof) {
    pp_state_status st = pp_state_begin(s, source);
    if (st != PP_STATE_OK) return st;
    reader r = {.state = s, .at = proof.data, .end = proof.data + proof.size};
    st = read_cell(&r, &s->pre_root, 0);
    if (st != PP_STATE_OK) return st;
    if (r.at != r.end) return PP_STATE_PROOF;
    s->root = s->pre_root;
    *root = s->cells[s->root].digest;
    return PP_STATE_OK;
}
