// SPDX-License-Identifier: MIT OR Apache-2.0
// The rollup's state: an authenticated map from address to account (nonce, balance). Pure.
//
// A compact sparse Merkle tree over the 216-bit path of an address. An empty subtree's digest is
// all zero; a subtree with one account is that account's leaf; any other is a node of two subtrees.
// So the root is a function of the map alone. Accounts are never removed.
//   path  = the low 24 bits of each element of N(address, 0, PP_TAG_STATE_KEY), highest bit first
//   leaf  = N(P[0..9), P[9..18), PP_TAG_STATE_LEAF), P = the 60 bytes (address, nonce, balance),
//           little-endian, as 18 elements of 27 bits
//   node  = N(left, right, PP_TAG_STATE)
// with N = pp_hash_node (hash/poseidon2.h).
//
// A pp_state is a partial tree: what it does not hold stands as a bare digest. It is filled from
// storage as it is read (pp_state_source), or from a multiproof, which is exactly the part of the
// pre-state that was read. Natively and in the guest the same code runs.
#ifndef PP_STATE_STATE_H
#define PP_STATE_STATE_H

#include "base/u256.h"
#include "hash/poseidon2.h"

typedef struct pp_account {
    uint64_t nonce;
    pp_u256 balance; // wei
} pp_account;

// What can go wrong. Not OK means: the state must be thrown away, whatever was asked of it.
#define PP_STATE_STATUSES(X)                                                                       \
    X(OK, "ok")                                                                                    \
    X(MEMORY, "state-memory")       /* the memory given is used up */                              \
    X(MISSING, "state-missing")     /* a node is neither in the multiproof nor in storage */       \
    X(STORAGE, "state-storage")     /* storage failed or holds something else under a digest */    \
    X(COLLISION, "state-collision") /* two addresses with one path: 2^108 work to find */          \
    X(PROOF, "state-proof")         /* a multiproof's bytes are malformed */                       \
    X(MISPLACED, "state-misplaced") /* the tree was never one of this code's: a leaf off its path  \
                                     */

typedef enum pp_state_status {
#define X(name, text) PP_STATE_##name,
    PP_STATE_STATUSES(X)
#undef X
        PP_STATE_STATUSES_LEN
} pp_state_status;

// The fixed name of a status, "state-missing".
const char *pp_state_status_name(pp_state_status status);

enum {
    PP_STATE_DEPTH = 216,    // bits of a path
    PP_STATE_NODE_MAX = 73,  // bytes of one encoded node, see pp_state_node_encode
    PP_STATE_LEAF_SIZE = 60, // address 20, nonce 8, balance 32
};

// One node as storage keeps it.
typedef struct pp_state_node {
    bool leaf;
    pp_digest left, right; // leaf == false
    uint64_t where[2];     // likewise: where storage has these two, in its own terms; 0: unknown
    pp_address address;    // leaf == true
    pp_account account;
} pp_state_node;

// Canonical bytes of a node: 0x02 and the leaf's 60 bytes, or 0x03 and two digests of 36 bytes.
// Returns the size. Decode: false on anything that encode does not write.
size_t pp_state_node_encode(uint8_t out[PP_STATE_NODE_MAX], const pp_state_node *node);
PP_NODISCARD bool pp_state_node_decode(pp_state_node *out, pp_bytes bytes);
// The digest a node is found under.
void pp_state_node_digest(pp_digest *out, const pp_state_node *node);

// The root of the empty map.
void pp_state_empty_root(pp_digest *out);

struct pp_state;

// Where a state gets nodes and memory from.
typedef struct pp_state_source {
    void *ctx;
    // The node with this digest, checked against it: OK, MISSING or STORAGE. where: as the node
    // above said, or 0. NULL: nothing beyond what a multiproof brought.
    pp_state_status (*load)(void *ctx, pp_state_node *out, const pp_digest *digest, uint64_t where);
    // As realloc: new_size bytes with the first old_size kept, 8-aligned, or NULL (old stays then).
    // new_size == 0 gives the memory back and returns NULL.
    void *(*resize)(void *ctx, void *old, size_t old_size, size_t new_size);
    // How digests are made: NULL: one by one, in every machine the same; else a store's own way.
    void (*hash)(struct pp_state *state);
    // For the table of accounts in use: numbers that nobody knew who chose one of the addresses, so
    // that nobody can fill the table as he likes. No result depends on them; zero where one's own
    // accounts, or few, are asked for.
    uint64_t seed[3];
} pp_state_source;

// resize over an arena (ctx: pp_arena *): memory only grows, for guests and fixed buffers.
void *pp_state_arena_resize(void *ctx, void *old, size_t old_size, size_t new_size);

typedef struct pp_state {
    pp_state_source source;
    struct pp_state_cell *cells; // cell 0 is the empty subtree
    uint32_t cells_len, cells_max;
    struct pp_state_leaf *leaves; // what its leaves hold
    uint32_t leaves_len, leaves_max;
    struct pp_state_entry *entries; // accounts read or written, in order of first use
    uint32_t entries_len, entries_max;
    uint32_t *slots; // open addressing by address over entries; slots_max a power of two
    uint32_t slots_max;
    uint32_t pre_root; // the cell of the pre-state's root
} pp_state;

// The map with this root: everything still to be loaded. MEMORY only.
PP_NODISCARD pp_state_status pp_state_open(pp_state *state, const pp_state_source *source,
                                           const pp_digest *root);
// The map of a multiproof; its root is computed, by hashing, and written to *root: the caller
// compares it. PROOF when the bytes are not exactly one multiproof.
PP_NODISCARD pp_state_status pp_state_open_proof(pp_state *state, const pp_state_source *source,
                                                 pp_digest *root, pp_bytes proof);
// Gives the memory back through source.resize. A state whose opening failed may be closed too.
void pp_state_close(pp_state *state);

// The account at an address; an absent one is all zero.
PP_NODISCARD pp_state_status pp_state_get(pp_state *state, pp_account *out,
                                          const pp_address *address);
// The account, when it was read or written before; else false. Reads nothing, so that a look from
// outside leaves no trace in the multiproof. Takes time in proportion to the accounts in use.
PP_NODISCARD bool pp_state_peek(const pp_state *state, pp_account *out, const pp_address *address);
// Every account that was read or written before and is not all zero, in order of first use.
void pp_state_used(const pp_state *state, void *ctx,
                   void (*each)(void *ctx, const pp_address *address, const pp_account *account));
// Writes it. Writing the all-zero account where none is leaves none.
PP_NODISCARD pp_state_status pp_state_put(pp_state *state, const pp_address *address,
                                          const pp_account *account);
// The root of the map as it is now. Reading and writing may go on afterwards.
PP_NODISCARD pp_state_status pp_state_root(pp_state *state, pp_digest *out);

// The multiproof of all that was read or written since the opening, against the root it was opened
// with: the pre-state's tree in pre-order, one byte a node (0x00 empty, 0x01 digest alone, 0x02
// leaf, 0x03 node) with its bytes behind it (36, 60, none). The same reads give the same bytes, in
// any order (a state opened from a multiproof gives that one back). Writes at most out_size bytes;
// returns the size needed (out may be NULL when 0).
size_t pp_state_proof(const pp_state *state, uint8_t *out, size_t out_size);

// Hands every node made since the opening and reachable from the current root to `save`, children
// first; stops at the first false and returns it. *where: what storage wants to be told in the
// nodes above, and when it is asked for this one. Call after pp_state_root.
typedef bool pp_state_save(void *ctx, uint64_t *where, const pp_digest *digest,
                           const pp_state_node *node);
PP_NODISCARD bool pp_state_new_nodes(pp_state *state, void *ctx, pp_state_save *save);

#endif
