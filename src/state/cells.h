// SPDX-License-Identifier: MIT OR Apache-2.0
// The inside of a pp_state. Only for state/.
#ifndef PP_STATE_CELLS_H
#define PP_STATE_CELLS_H

#include "state/state.h"

typedef enum pp_cell_kind {
    PP_CELL_EMPTY = 0,
    PP_CELL_STUB = 1, // digest alone
    PP_CELL_LEAF = 2,
    PP_CELL_NODE = 3,
} pp_cell_kind;

// One subtree. The cells that hang below pre_root are the pre-state's, for the multiproof. A write
// changes only digests of them, of which a multiproof has none but those of stubs; for what stands
// in the place of an empty subtree or of a leaf now hangs on the place's own cell (pp_cell_now).
// Children, and what stands in a cell's place, have larger numbers than it; but cell 0, which is
// every empty place that nothing was ever put in.
typedef struct pp_state_cell {
    alignas(8) pp_digest digest; // where the machine's accelerator takes it as it lies
    uint8_t kind;
    bool fresh;     // not in the pre-state, or not with this digest
    bool dirty;     // the digest is still to be made
    uint8_t height; // for pp_state_hash_many
    // NODE: two cells. LEAF: the number of what it holds, and the cell that stands here now, or 0.
    // EMPTY: nothing, and the same.
    uint32_t child[2];
    uint64_t where; // pp_state_node
} pp_state_cell;

typedef struct pp_state_leaf {
    pp_address address;
    pp_account account;
} pp_state_leaf;

// Bits of a way through the tree, the highest of the first word first.
typedef struct pp_state_path {
    uint64_t w[(PP_STATE_DEPTH + 63) / 64];
} pp_state_path;

// An account in use.
typedef struct pp_state_entry {
    pp_address address;
    bool written; // differs from what the tree holds
    bool in_tree; // the tree has a leaf for it
    pp_account account;
    pp_state_path path;
} pp_state_entry;

void pp_state_leaf_encode(uint8_t out[PP_STATE_LEAF_SIZE], const pp_address *address,
                          const pp_account *account);
void pp_state_leaf_decode(pp_address *address, pp_account *account,
                          const uint8_t in[PP_STATE_LEAF_SIZE]);
// The two halves of what a leaf's digest is the hash of.
void pp_state_leaf_halves(pp_digest *left, pp_digest *right, const pp_address *address,
                          const pp_account *account);
void pp_state_leaf_digest(pp_digest *out, const pp_address *address, const pp_account *account);
void pp_state_path_of(pp_state_path *out, const pp_address *address);

// Zeroes the state and makes cell 0 and room for so many more; everything else is for the caller to
// fill in.
pp_state_status pp_state_begin(pp_state *s, const pp_state_source *source, uint32_t cells);
// A new cell, neither fresh nor dirty, nothing linked; its digest is still to be written, but that
// of EMPTY. MEMORY when there is no room.
pp_state_status pp_cell_new(pp_state *s, uint32_t *out, pp_cell_kind kind);
// A new LEAF with what it holds.
pp_state_status pp_cell_new_leaf(pp_state *s, uint32_t *out, const pp_address *address,
                                 const pp_account *account);
// Make the digests of all dirty cells: as the source wants it, one by one, many at a time (native).
void pp_state_hash(pp_state *s);
void pp_state_hash_each(pp_state *s);
void pp_state_hash_many(pp_state *s);

// What stands in a cell's place now.
static inline uint32_t pp_cell_now(const pp_state *s, uint32_t cell) {
    const pp_state_cell *c = &s->cells[cell];
    while (c->kind != PP_CELL_NODE && c->child[1] != 0) {
        cell = c->child[1];
        c = &s->cells[cell];
    }
    return cell;
}

#endif
