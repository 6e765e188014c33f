// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/cells.h"

enum { FIRST_CELLS = 256, FIRST_ENTRIES = 64, FIRST_SLOTS = 128 };
// A free slot; others hold an entry's index plus one.
enum { SLOT_FREE = 0 };

// --- memory ---

// Doubles an array. False when the source gives no more.
static bool grow(const pp_state_source *source, void **array, uint32_t *max, size_t item,
                 uint32_t first) {
    uint32_t more = *max == 0 ? first : *max * 2;
    if (more <= *max || more > SIZE_MAX / item) return false;
    void *p = source->resize(source->ctx, *array, *max * item, more * item);
    if (!p) return false;
    *array = p;
    *max = more;
    return true;
}

void *pp_state_arena_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    pp_arena *arena = ctx;
    if (new_size == 0) return NULL;
    void *p = pp_arena_alloc(arena, new_size, 8);
    if (p && old_size) memcpy(p, old, old_size < new_size ? old_size : new_size);
    return p;
}

pp_state_status pp_cell_new(pp_state *s, uint32_t *out, pp_cell_kind kind) {
    if (s->cells_len == s->cells_max) {
        void *cells = s->cells;
        if (!grow(&s->source, &cells, &s->cells_max, sizeof *s->cells, FIRST_CELLS))
            return PP_STATE_MEMORY;
        s->cells = cells;
    }
    pp_state_cell *c = &s->cells[s->cells_len];
    memset(c, 0, sizeof *c);
    c->kind = (uint8_t)kind;
    *out = s->cells_len++;
    return PP_STATE_OK;
}

pp_state_status pp_state_begin(pp_state *s, const pp_state_source *source) {
    memset(s, 0, sizeof *s);
    s->source = *source;
    uint32_t empty;
    pp_state_status st = pp_cell_new(s, &empty, PP_CELL_EMPTY);
    if (st != PP_STATE_OK) return st;
    s->cells[0].old = true;
    s->cells[0].hashed = true;
    return PP_STATE_OK;
}

pp_state_status pp_state_open(pp_state *s, const pp_state_source *source, const pp_digest *root) {
    pp_state_status st = pp_state_begin(s, source);
    if (st != PP_STATE_OK) return st;
    pp_digest empty;
    pp_state_empty_root(&empty);
    if (memcmp(root, &empty, sizeof empty) == 0) return PP_STATE_OK;
    st = pp_cell_new(s, &s->pre_root, PP_CELL_STUB);
    if (st != PP_STATE_OK) return st;
    pp_state_cell *c = &s->cells[s->pre_root];
    c->old = c->hashed = true;
    c->digest = *root;
    s->root = s->pre_root;
    return PP_STATE_OK;
}

void pp_state_close(pp_state *s) {
    const pp_state_source *from = &s->source;
    if (s->cells) from->resize(from->ctx, s->cells, s->cells_max * sizeof *s->cells, 0);
    if (s->entries) from->resize(from->ctx, s->entries, s->entries_max * sizeof *s->entries, 0);
    if (s->slots) from->resize(from->ctx, s->slots, s->slots_max * sizeof *s->slots, 0);
    memset(s, 0, sizeof *s);
}

// --- accounts in use ---

static uint32_t slot_of(const pp_state *s, const pp_address *address) {
    uint64_t h =
        pp_load_le64(address->b) ^ pp_load_le64(address->b + 8) ^ pp_load_le32(address->b + 16);
    h *= 0x9e3779b97f4a7c15U;
    uint32_t at = (uint32_t)(h >> 32) & (s->slots_max - 1);
    while (s->slots[at] != SLOT_FREE &&
           !pp_address_eq(&s->entries[s->slots[at] - 1].address, address))
        at = (at + 1) & (s->slots_max - 1);
    return at;
}

// Room for one more entry, and slots at most half full.
static pp_state_status reserve_entry(pp_state *s) {
    if (s->entries_len == s->entries_max) {
        void *entries = s->entries;
        if (!grow(&s->source, &entries, &s->entries_max, sizeof *s->entries, FIRST_ENTRIES))
            return PP_STATE_MEMORY;
        s->entries = entries;
    }
    if (2 * (uint64_t)s->entries_len < s->slots_max) return PP_STATE_OK;
    void *slots = s->slots;
    if (!grow(&s->source, &slots, &s->slots_max, sizeof *s->slots, FIRST_SLOTS))
        return PP_STATE_MEMORY;
    s->slots = slots;
    memset(s->slots, 0, s->slots_max * sizeof *s->slots);
    for (uint32_t i = 0; i < s->entries_len; i++)
        s->slots[slot_of(s, &s->entries[i].address)] = i + 1;
    return PP_STATE_OK;
}

// --- the tree ---

static bool path_bit(const uint8_t *path, unsigned depth) {
    return path[depth / 8] >> (7 - depth % 8) & 1;
}

// A digest as a cell of the pre-state.
static pp_state_status new_stub(pp_state *s, uint32_t *out, const pp_digest *digest) {
    static const pp_digest none;
    *out = 0;
    if (memcmp(digest, &none, sizeof none) == 0) return PP_STATE_OK;
    pp_state_status st = pp_cell_new(s, out, PP_CELL_STUB);
    if (st != PP_STATE_OK) return st;
    s->cells[*out].old = s->cells[*out].hashed = true;
    s->cells[*out].digest = *digest;
    return PP_STATE_OK;
}

// Turns a stub into the node it stands for.
static pp_state_status load(pp_state *s, uint32_t cell) {
    if (!s->source.load) return PP_STATE_MISSING;
    pp_state_node node;
    pp_state_status st = s->source.load(s->source.ctx, &node, &s->cells[cell].digest);
    if (st != PP_STATE_OK) return st;
    if (node.leaf) {
        s->cells[cell].kind = PP_CELL_LEAF;
        s->cells[cell].u.leaf.address = node.address;
        s->cells[cell].u.leaf.account = node.account;
        return PP_STATE_OK;
    }
    uint32_t child[2];
    st = new_stub(s, &child[0], &node.left);
    if (st == PP_STATE_OK) st = new_stub(s, &child[1], &node.right);
    if (st != PP_STATE_OK) return st;
    s->cells[cell].kind = PP_CELL_NODE;
    memcpy(s->cells[cell].u.child, child, sizeof child);
    return PP_STATE_OK;
}

// Reads what the tree holds for an entry.
static pp_state_status walk(pp_state *s, pp_state_entry *e) {
    uint32_t at = s->root;
    for (unsigned depth = 0;; depth++) {
        if (s->cells[at].kind == PP_CELL_STUB) {
            pp_state_status st = load(s, at);
            if (st != PP_STATE_OK) return st;
        }
        const pp_state_cell *c = &s->cells[at];
        if (c->kind != PP_CELL_NODE) {
            e->in_tree = c->kind == PP_CELL_LEAF && pp_address_eq(&c->u.leaf.address, &e->address);
            if (e->in_tree) e->account = c->u.leaf.account;
            return PP_STATE_OK;
        }
        if (depth == PP_STATE_DEPTH) return PP_STATE_MISPLACED;
        at = c->u.child[path_bit(e->path, depth)];
    }
}

static pp_state_status entry_of(pp_state *s, uint32_t *out, const pp_address *address) {
    pp_state_status st = reserve_entry(s);
    if (st != PP_STATE_OK) return st;
    uint32_t slot = slot_of(s, address);
    if (s->slots[slot] != SLOT_FREE) {
        *out = s->slots[slot] - 1;
        return PP_STATE_OK;
    }
    pp_state_entry *e = &s->entries[s->entries_len];
    memset(e, 0, sizeof *e);
    e->address = *address;
    pp_state_path(e->path, address);
    st = walk(s, e);
    if (st != PP_STATE_OK) return st;
    *out = s->entries_len++;
    s->slots[slot] = *out + 1;
    return PP_STATE_OK;
}

pp_state_status pp_state_get(pp_state *s, pp_account *out, const pp_address *address) {
    uint32_t e;
    pp_state_status st = entry_of(s, &e, address);
    if (st == PP_STATE_OK) *out = s->entries[e].account;
    return st;
}

static bool account_eq(const pp_account *a, const pp_account *b) {
    return a->nonce == b->nonce && pp_u256_cmp(&a->balance, &b->balance) == 0;
}

pp_state_status pp_state_put(pp_state *s, const pp_address *address, const pp_account *account) {
    uint32_t i;
    pp_state_status st = entry_of(s, &i, address);
    if (st != PP_STATE_OK) return st;
    pp_state_entry *e = &s->entries[i];
    if (!account_eq(&e->account, account)) {
        e->account = *account;
        e->written = true;
    }
    return PP_STATE_OK;
}

// The cell itself when it may be changed, else a copy that may.
static pp_state_status own(pp_state *s, uint32_t *cell) {
    if (!s->cells[*cell].old) return PP_STATE_OK;
    uint32_t copy;
    pp_state_status st = pp_cell_new(s, &copy, PP_CELL_EMPTY);
    if (st != PP_STATE_OK) return st;
    s->cells[copy] = s->cells[*cell];
    s->cells[copy].old = false;
    *cell = copy;
    return PP_STATE_OK;
}

static pp_state_status new_leaf(pp_state *s, uint32_t *out, const pp_state_entry *e) {
    pp_state_status st = pp_cell_new(s, out, PP_CELL_LEAF);
    if (st != PP_STATE_OK) return st;
    s->cells[*out].u.leaf.address = e->address;
    s->cells[*out].u.leaf.account = e->account;
    return PP_STATE_OK;
}

// A subtree at `depth` of the leaf `other` and the new leaf of e, whose paths agree so far.
static pp_state_status split(pp_state *s, uint32_t *out, uint32_t other, const pp_state_entry *e,
                             unsigned depth) {
    uint8_t path[PP_STATE_DEPTH / 8];
    pp_state_path(path, &s->cells[other].u.leaf.address);
    for (unsigned d = 0; d < depth; d++)
        if (path_bit(path, d) != path_bit(e->path, d)) return PP_STATE_MISPLACED;
    uint32_t parent = 0, node, leaf;
    for (unsigned d = depth; d < PP_STATE_DEPTH; d++) {
        pp_state_status st = pp_cell_new(s, &node, PP_CELL_NODE);
        if (st != PP_STATE_OK) return st;
        if (parent)
            s->cells[parent].u.child[path_bit(path, d - 1)] = node;
        else
            *out = node;
        parent = node;
        if (path_bit(path, d) == path_bit(e->path, d)) continue;
        st = new_leaf(s, &leaf, e);
        if (st != PP_STATE_OK) return st;
        s->cells[node].u.child[path_bit(path, d)] = other;
        s->cells[node].u.child[path_bit(e->path, d)] = leaf;
        return PP_STATE_OK;
    }
    return PP_STATE_COLLISION;
}

// The subtree that stands for `at` once e is in it.
static pp_state_status settle(pp_state *s, uint32_t *at, const pp_state_entry *e, unsigned depth) {
    pp_state_cell *c = &s->cells[*at];
    if (c->kind == PP_CELL_EMPTY) return new_leaf(s, at, e);
    PP_ASSERT(c->kind == PP_CELL_LEAF); // entry_of has loaded everything on the path
    if (!pp_address_eq(&c->u.leaf.address, &e->address)) return split(s, at, *at, e, depth);
    pp_state_status st = own(s, at);
    if (st != PP_STATE_OK) return st;
    s->cells[*at].u.leaf.account = e->account;
    s->cells[*at].hashed = false;
    return PP_STATE_OK;
}

// Writes one entry into the tree.
static pp_state_status insert(pp_state *s, const pp_state_entry *e) {
    uint32_t at = s->root, parent = 0;
    unsigned depth = 0;
    for (;; depth++) {
        bool node = s->cells[at].kind == PP_CELL_NODE;
        if (node && depth == PP_STATE_DEPTH) return PP_STATE_MISPLACED;
        pp_state_status st = node ? own(s, &at) : settle(s, &at, e, depth);
        if (st != PP_STATE_OK) return st;
        if (parent)
            s->cells[parent].u.child[path_bit(e->path, depth - 1)] = at;
        else
            s->root = at;
        if (!node) return PP_STATE_OK;
        s->cells[at].hashed = false;
        parent = at;
        at = s->cells[at].u.child[path_bit(e->path, depth)];
    }
}

// Depth of recursion: at most PP_STATE_DEPTH, for deeper trees are refused.
void pp_cell_hash(pp_state *s, uint32_t cell) {
    pp_state_cell *c = &s->cells[cell];
    if (c->hashed) return;
    if (c->kind == PP_CELL_LEAF) {
        pp_state_leaf_digest(&c->digest, &c->u.leaf.address, &c->u.leaf.account);
    } else {
        pp_cell_hash(s, c->u.child[0]);
        pp_cell_hash(s, c->u.child[1]);
        pp_hash_node(&c->digest, &s->cells[c->u.child[0]].digest, &s->cells[c->u.child[1]].digest,
                     PP_TAG_STATE);
    }
    c->hashed = true;
}

pp_state_status pp_state_root(pp_state *s, pp_digest *out) {
    for (uint32_t i = 0; i < s->entries_len; i++) {
        pp_state_entry *e = &s->entries[i];
        if (!e->written) continue;
        static const pp_account none;
        if (e->in_tree || !account_eq(&e->account, &none)) {
            pp_state_status st = insert(s, e);
            if (st != PP_STATE_OK) return st;
            e->in_tree = true;
        }
        e->written = false;
    }
    pp_cell_hash(s, s->root);
    *out = s->cells[s->root].digest;
    return PP_STATE_OK;
}

static bool save_cell(const pp_state *s, uint32_t cell, void *ctx,
                      bool (*save)(void *, const pp_digest *, const pp_state_node *)) {
    const pp_state_cell *c = &s->cells[cell];
    if (c->old) return true;
    pp_state_node node = {.leaf = c->kind == PP_CELL_LEAF};
    if (node.leaf) {
        node.address = c->u.leaf.address;
        node.account = c->u.leaf.account;
    } else {
        if (!save_cell(s, c->u.child[0], ctx, save) || !save_cell(s, c->u.child[1], ctx, save))
            return false;
        node.left = s->cells[c->u.child[0]].digest;
        node.right = s->cells[c->u.child[1]].digest;
    }
    return save(ctx, &c->digest, &node);
}

bool pp_state_new_nodes(const pp_state *s, void *ctx,
                        bool (*save)(void *ctx, const pp_digest *digest,
                                     const pp_state_node *node)) {
    PP_ASSERT(s->cells[s->root].hashed);
    return save_cell(s, s->root, ctx, save);
}
