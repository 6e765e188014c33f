// SPDX-License-Identifier: MIT OR Apache-2.0
// Nodes one behind the other in a file, which says of each where the two below it stand; so the way
// down a tree takes no search. The file is scratch: it has no name any more once it is open, and is
// gone when it is closed, however that happens. It is mapped to be read: a disk that fails to give
// back what was written ends the program (SIGBUS). Only for state/.
#ifndef PP_STATE_NODES_H
#define PP_STATE_NODES_H

#include "base/err.h"
#include "state/state.h"

// Where a node stands, and 64 bits of its digest.
typedef struct pp_nodes_slot {
    uint64_t hash;
    uint64_t where; // 0: free
} pp_nodes_slot;

typedef struct pp_nodes {
    int fd;             // -1: all of it stays in memory
    uint64_t secret;    // of these nodes alone: what stands in others never has the right checksum
    const uint8_t *map; // the file, to be read
    size_t map_len;
    uint64_t size; // bytes in the file
    uint8_t *tail; // what is not in the file yet
    size_t tail_len, tail_max;
    uint64_t count;       // nodes
    pp_nodes_slot *slots; // the index: at most half full
    size_t slots_len, slots_max;
} pp_nodes;

// In folder `path`, which is there, or NULL: in memory. False with a sentence that names the
// folder; all functions with an err name it as `path`.
bool pp_nodes_open(pp_err *err, pp_nodes *nodes, const char *path);
void pp_nodes_close(pp_nodes *nodes);

// All bytes, in the file or not.
uint64_t pp_nodes_bytes(const pp_nodes *nodes);
// Puts a node behind all others, not yet in the file. *where: its first byte's offset plus one.
bool pp_nodes_append(pp_err *err, pp_nodes *nodes, uint64_t *where, const pp_digest *digest,
                     const pp_state_node *node);
// Writes what is not in the file yet; all of it or nothing.
bool pp_nodes_flush(pp_err *err, pp_nodes *nodes, const char *path);
// Takes back what was appended since there were so many bytes and nodes; none of it is written.
void pp_nodes_cut(pp_nodes *nodes, uint64_t bytes, uint64_t count);

// The index. It need not have every node, only those of which nobody knows where they stand.
bool pp_nodes_reserve(pp_err *err, pp_nodes *nodes, size_t more); // entering them cannot fail then
void pp_nodes_enter(pp_nodes *nodes, const pp_digest *digest, uint64_t where);
// The node with this digest by the index, and where it stands.
bool pp_nodes_look_up(const pp_nodes *nodes, pp_state_node *out, uint64_t *where,
                      const pp_digest *digest);
// The node with this digest, which is said to stand at `where` (0: unknown): the index is asked
// when something else stands there.
bool pp_nodes_find(const pp_nodes *nodes, pp_state_node *out, const pp_digest *digest,
                   uint64_t where);

#endif
