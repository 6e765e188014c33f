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

// One subtree. Cells of the pre-state are never changed but by filling in a stub: what is written
// is copied first, so the pre-state's tree stays whole for the multiproof.
typedef struct pp_state_cell {
    alignas(8) pp_digest digest; // where the machine's accelerator takes it as it lies
    uint8_t kind;
    bool old;    // stands in the pre-state
    bool hashed; // digest is right
    union {
        uint32_t child[2];
        struct {
            pp_address address;
            pp_account account;
        } leaf;
    } u;
} pp_state_cell;

// An account in use.
typedef struct pp_state_entry {
    pp_address address;
    bool written; // differs from what the tree holds
    bool in_tree; // the tree has a leaf for it
    pp_account account;
    uint8_t path[PP_STATE_DEPTH / 8];
} pp_state_entry;

void pp_state_leaf_encode(uint8_t out[PP_STATE_LEAF_SIZE], const pp_address *address,
                          const pp_account *account);
void pp_state_leaf_decode(pp_address *address, pp_account *account,
                          const uint8_t in[PP_STATE_LEAF_SIZE]);
void pp_state_leaf_digest(pp_digest *out, const pp_address *address, const pp_account *account);
void pp_state_path(uint8_t out[PP_STATE_DEPTH / 8], const pp_address *address);

// Zeroes the state and makes cell 0; everything else is for the caller to fill in.
pp_state_status pp_state_begin(pp_state *s, const pp_state_source *source);
// A new cell, all zero but its kind; MEMORY when there is no room.
pp_state_status pp_cell_new(pp_state *s, uint32_t *out, pp_cell_kind kind);
// Brings digest up to date below and at the cell.
void pp_cell_hash(pp_state *s, uint32_t cell);

#endif
