// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/cells.h"

enum { FIRST_CELLS = 256, FIRST_LEAVES = 64, FIRST_ENTRIES = 64, FIRST_SLOTS = 128 };
// A free slot; others hold an entry's index plus one.
enum { SLOT_FREE = 0 };

static bool is_empty(const pp_digest *digest) {
    uint32_t any = 0;
    for (size_t i = 0; i < PP_DIGEST_LEN; i++) any |= digest->e[i].v;
    return any == 0;
}

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

static pp_state_status more_cells(pp_state *s, uint32_t first) {
    void *cells = s->cells;
    if (!grow(&s->source, &cells, &s->cells_max, sizeof *s->cells, first)) return PP_STATE_MEMORY;
    s->cells = cells;
    return PP_STATE_OK;
}

pp_state_status pp_cell_new(pp_state *s, uint32_t *out, pp_cell_kind kind) {
    if (s->cells_len == s->cells_max) {
        pp_state_status st = more_cells(s, FIRST_CELLS);
        if (st != PP_STATE_OK) return st;
    }
    pp_state_cell *c = &s->cells[s->cells_len];
    c->kind = (uint8_t)kind;
    c->fresh = c->dirty = false;
    c->height = 0;
    c->child[0] = c->child[1] = 0;
    c->where = 0;
    if (kind == PP_CELL_EMPTY) pp_state_empty_root(&c->digest);
    *out = s->cells_len++;
    return PP_STATE_OK;
}

// Keeps what a leaf holds.
static pp_state_status hold(pp_state *s, uint32_t *out, const pp_address *address,
                            const pp_account *account) {
    if (s->leaves_len == s->leaves_max) {
        void *leaves = s->leaves;
        if (!grow(&s->source, &leaves, &s->leaves_max, sizeof *s->leaves, FIRST_LEAVES))
            return PP_STATE_MEMORY;
        s->leaves = leaves;
    }
    s->leaves[s->leaves_len].address = *address;
    s->leaves[s->leaves_len].account = *account;
    *out = s->leaves_len++;
    return PP_STATE_OK;
}

pp_state_status pp_cell_new_leaf(pp_state *s, uint32_t *out, const pp_address *address,
                                 const pp_account *account) {
    uint32_t held;
    pp_state_status st = hold(s, &held, address, account);
    if (st == PP_STATE_OK) st = pp_cell_new(s, out, PP_CELL_LEAF);
    if (st == PP_STATE_OK) s->cells[*out].child[0] = held;
    return st;
}

pp_state_status pp_state_begin(pp_state *s, const pp_state_source *source, uint32_t cells) {
    memset(s, 0, sizeof *s);
    s->source = *source;
    for (size_t i = 0; i < PP_COUNT(s->source.seed); i++)
        s->source.seed[i] = (s->source.seed[i] ^ 0x9e3779b97f4a7c15U) | 1;
    uint32_t empty;
    pp_state_status st = more_cells(s, FIRST_CELLS + cells);
    return st == PP_STATE_OK ? pp_cell_new(s, &empty, PP_CELL_EMPTY) : st;
}

pp_state_status pp_state_open(pp_state *s, const pp_state_source *source, const pp_digest *root) {
    pp_state_status st = pp_state_begin(s, source, 0);
    if (st != PP_STATE_OK) return st;
    bool empty = is_empty(root);
    st = pp_cell_new(s, &s->pre_root, empty ? PP_CELL_EMPTY : PP_CELL_STUB);
    if (st == PP_STATE_OK) s->cells[s->pre_root].digest = *root;
    return st;
}

void pp_state_close(pp_state *s) {
    const pp_state_source *from = &s->source;
    if (s->cells) from->resize(from->ctx, s->cells, s->cells_max * sizeof *s->cells, 0);
    if (s->leaves) from->resize(from->ctx, s->leaves, s->leaves_max * sizeof *s->leaves, 0);
    if (s->entries) from->resize(from->ctx, s->entries, s->entries_max * sizeof *s->entries, 0);
    if (s->slots) from->resize(from->ctx, s->slots, s->slots_max * sizeof *s->slots, 0);
    memset(s, 0, sizeof *s);
}

// --- accounts in use ---

// Multiply-shift with odd factors of the seed (Dietzfelbinger and others, "A reliable randomized
// algorithm for the closest-pair problem", 1997): two addresses meet by chance alone.
static uint32_t slot_of(const pp_state *s, const pp_address *address) {
    const uint64_t *k = s->source.seed;
    uint64_t h = pp_load_le64(address->b) * k[0] + pp_load_le64(address->b + 8) * k[1] +
                 pp_load_le32(address->b + 16) * k[2];
    h = (h ^ h >> 32) * k[0];
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

static unsigned path_bit(const pp_state_path *path, unsigned depth) {
    return path->w[depth / 64] >> (63 - depth % 64) & 1;
}

// A digest as a cell of the pre-state.
static pp_state_status new_stub(pp_state *s, uint32_t *out, const pp_digest *digest,
                                uint64_t where) {
    *out = 0;
    if (is_empty(digest)) return PP_STATE_OK;
    pp_state_status st = pp_cell_new(s, out, PP_CELL_STUB);
    if (st != PP_STATE_OK) return st;
    s->cells[*out].digest = *digest;
    s->cells[*out].where = where;
    return PP_STATE_OK;
}

// Turns a stub into the node it stands for.
static pp_state_status load(pp_state *s, uint32_t cell) {
    if (!s->source.load) return PP_STATE_MISSING;
    pp_state_node node;
    pp_state_status st =
        s->source.load(s->source.ctx, &node, &s->cells[cell].digest, s->cells[cell].where);
    if (st != PP_STATE_OK) return st;
    uint32_t child[2] = {0, 0};
    if (node.leaf) {
        st = hold(s, &child[0], &node.address, &node.account);
    } else {
        st = new_stub(s, &child[0], &node.left, node.where[0]);
        if (st == PP_STATE_OK) st = new_stub(s, &child[1], &node.right, node.where[1]);
    }
    if (st != PP_STATE_OK) return st;
    s->cells[cell].kind = node.leaf ? PP_CELL_LEAF : PP_CELL_NODE;
    memcpy(s->cells[cell].child, child, sizeof child);
    return PP_STATE_OK;
}

// Reads what the tree holds for an entry.
static pp_state_status walk(pp_state *s, pp_state_entry *e) {
    uint32_t at = s->pre_root;
    for (unsigned depth = 0;; depth++) {
        at = pp_cell_now(s, at);
        if (s->cells[at].kind == PP_CELL_STUB) {
            pp_state_status st = load(s, at);
            if (st != PP_STATE_OK) return st;
        }
        const pp_state_cell *c = &s->cells[at];
        if (c->kind != PP_CELL_NODE) {
            const pp_state_leaf *leaf = c->kind == PP_CELL_LEAF ? &s->leaves[c->child[0]] : NULL;
            e->in_tree = leaf != NULL && pp_address_eq(&leaf->address, &e->address);
            if (e->in_tree) e->account = leaf->account;
            return PP_STATE_OK;
        }
        if (depth == PP_STATE_DEPTH) return PP_STATE_MISPLACED;
        at = c->child[path_bit(&e->path, depth)];
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
    pp_state_path_of(&e->path, address);
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

// Puts the new leaf of e where `place` is.
static pp_state_status put_leaf(pp_state *s, uint32_t *place, const pp_state_entry *e) {
    pp_state_status st = pp_cell_new_leaf(s, place, &e->address, &e->account);
    if (st == PP_STATE_OK) s->cells[*place].fresh = s->cells[*place].dirty = true;
    return st;
}

// Puts in the place of a leaf that is another's, at `depth`, a subtree of both.
static pp_state_status split(pp_state *s, uint32_t place, const pp_state_entry *e, unsigned depth) {
    pp_state_path path;
    pp_state_path_of(&path, &s->leaves[s->cells[place].child[0]].address);
    for (unsigned d = 0; d < depth; d++)
        if (path_bit(&path, d) != path_bit(&e->path, d)) return PP_STATE_MISPLACED;
    uint32_t parent = place, node, other, leaf;
    unsigned side = 1, d = depth; // what stands in a leaf's place now is its child 1
    for (;; d++) {
        if (d == PP_STATE_DEPTH) return PP_STATE_COLLISION;
        pp_state_status st = pp_cell_new(s, &node, PP_CELL_NODE);
        if (st != PP_STATE_OK) return st;
        s->cells[node].fresh = s->cells[node].dirty = true;
        s->cells[parent].child[side] = node;
        parent = node;
        side = path_bit(&path, d);
        if (side != path_bit(&e->path, d)) break;
    }
    // A copy of the other leaf: children have larger numbers.
    pp_state_status st = pp_cell_new(s, &other, PP_CELL_LEAF);
    if (st == PP_STATE_OK) st = put_leaf(s, &leaf, e);
    if (st != PP_STATE_OK) return st;
    s->cells[other] = s->cells[place];
    s->cells[other].child[1] = 0;
    s->cells[node].child[side] = other;
    s->cells[node].child[!side] = leaf;
    return PP_STATE_OK;
}

// Puts e where its way through the tree ends: an empty subtree's or a leaf's own cell.
static pp_state_status settle(pp_state *s, uint32_t place, const pp_state_entry *e,
                              unsigned depth) {
    const pp_state_cell *c = &s->cells[place];
    PP_ASSERT(c->kind != PP_CELL_STUB); // entry_of has loaded everything on the path
    if (c->kind == PP_CELL_LEAF) {
        pp_state_leaf *leaf = &s->leaves[c->child[0]];
        if (!pp_address_eq(&leaf->address, &e->address)) return split(s, place, e, depth);
        if (c->fresh) {
            leaf->account = e->account;
            s->cells[place].dirty = true;
            return PP_STATE_OK;
        }
    }
    uint32_t leaf;
    pp_state_status st = put_leaf(s, &leaf, e);
    if (st == PP_STATE_OK) s->cells[place].child[1] = leaf;
    return st;
}

// Writes one entry into the tree.
static pp_state_status insert(pp_state *s, const pp_state_entry *e) {
    uint32_t at = s->pre_root, parent = 0;
    unsigned side = 0;
    for (unsigned depth = 0;; depth++) {
        at = pp_cell_now(s, at);
        pp_state_cell *c = &s->cells[at];
        if (c->kind != PP_CELL_NODE) {
            if (at == 0) { // from now on a cell of its own
                pp_state_status st = pp_cell_new(s, &at, PP_CELL_EMPTY);
                if (st != PP_STATE_OK) return st;
                s->cells[parent].child[side] = at;
            }
            return settle(s, at, e, depth);
        }
        if (depth == PP_STATE_DEPTH) return PP_STATE_MISPLACED;
        c->fresh = c->dirty = true;
        parent = at;
        side = path_bit(&e->path, depth);
        at = c->child[side];
    }
}

void pp_state_hash(pp_state *s) {
    if (s->source.hash)
        s->source.hash(s);
    else
        pp_state_hash_each(s);
}

void pp_state_hash_each(pp_state *s) {
    for (uint32_t i = s->cells_len; i-- > 1;) { // children first
        pp_state_cell *c = &s->cells[i];
        if (!c->dirty) continue;
        c->dirty = false;
        if (c->kind == PP_CELL_LEAF) {
            const pp_state_leaf *leaf = &s->leaves[c->child[0]];
            pp_state_leaf_digest(&c->digest, &leaf->address, &leaf->account);
        } else {
            pp_hash_node(&c->digest, &s->cells[pp_cell_now(s, c->child[0])].digest,
                         &s->cells[pp_cell_now(s, c->child[1])].digest, PP_TAG_STATE);
        }
    }
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
    pp_state_hash(s);
    *out = s->cells[pp_cell_now(s, s->pre_root)].digest;
    return PP_STATE_OK;
}

// *now: what stands in the cell's place.
static bool save_cell(pp_state *s, uint32_t cell, const pp_state_cell **now, void *ctx,
                      pp_state_save *save) {
    pp_state_cell *c = &s->cells[pp_cell_now(s, cell)];
    *now = c;
    if (!c->fresh) return true;
    PP_ASSERT(!c->dirty);
    pp_state_node node = {.leaf = c->kind == PP_CELL_LEAF};
    if (node.leaf) {
        node.address = s->leaves[c->child[0]].address;
        node.account = s->leaves[c->child[0]].account;
    } else {
        const pp_state_cell *left, *right;
        if (!save_cell(s, c->child[0], &left, ctx, save) ||
            !save_cell(s, c->child[1], &right, ctx, save))
            return false;
        node.left = left->digest;
        node.right = right->digest;
        node.where[0] = left->where;
        node.where[1] = right->where;
    }
    return save(ctx, &c->where, &c->digest, &node);
}

bool pp_state_new_nodes(pp_state *s, void *ctx, pp_state_save *save) {
    const pp_state_cell *root;
    return save_cell(s, s->pre_root, &root, ctx, save);
}
