// SPDX-License-Identifier: MIT OR Apache-2.0
// States too large for memory: nodes one behind the other in a file (state/nodes.h). It is scratch:
// empty when it is opened and gone when it is closed, for whoever uses it makes its states again
// from a log; so a kill, a power cut or damage leave nothing that would have to be believed.
// Native, one thread at a time.
//
//   pp_store *store;
//   pp_store_open(&err, &store, "dir/state", 0);
//   pp_state s;
//   pp_store_view(&err, store, &s, &root);                 // lazily loaded
//   pp_state_put(&s, &address, &account); ...
//   pp_store_commit(&err, store, &s, &new_root);           // can be viewed from now on
//   pp_state_close(&s);
#ifndef PP_STATE_STORE_H
#define PP_STATE_STORE_H

#include "base/err.h"
#include "state/state.h"

typedef struct pp_store pp_store;

enum {
    PP_STORE_MEMORY = 1, // memory instead of a file: for tests and simulations; path is ignored
};

// An empty store in folder `path`, which is made when it is not there (not those above it). A
// folder belongs to one process. False with a sentence that names the path when it cannot be
// written.
PP_NODISCARD bool pp_store_open(pp_err *err, pp_store **out, const char *path, unsigned flags);
void pp_store_close(pp_store *store); // NULL is fine; no view of it may be open

// True when the state with this root can be read (the empty root always can).
PP_NODISCARD bool pp_store_has(pp_store *store, const pp_digest *root);

// A view of the state with this root; close it with pp_state_close. False when there is none.
PP_NODISCARD bool pp_store_view(pp_err *err, pp_store *store, pp_state *state,
                                const pp_digest *root);

// Stores what is new in a view and gives its root; all of it can be read when this returns true,
// none of it counts when it returns false (full disk, a failing state). May be repeated.
PP_NODISCARD bool pp_store_commit(pp_err *err, pp_store *store, pp_state *state, pp_digest *root);

// Forgets all but the states with these roots (and the parts of others that they share); views of
// them may be open. Whether there is enough to forget to be worth it: three quarters at least.
// False with a sentence when the disk is full or a root is not there; all is kept then.
bool pp_store_is_due(const pp_store *store);
PP_NODISCARD bool pp_store_keep(pp_err *err, pp_store *store, const pp_digest *roots, size_t len);

// Every account of the state with this root, in the order of their paths. False with a sentence
// when a part of it is not there.
PP_NODISCARD bool pp_store_each(pp_err *err, pp_store *store, const pp_digest *root, void *ctx,
                                void (*each)(void *ctx, const pp_address *address,
                                             const pp_account *account));

// The states with these roots as bytes, for a copy elsewhere: nodes as pp_state_node_encode writes
// them, children first, each put as it is found, so that a copy takes no memory. What a state has
// in common with the one before it is put once. False when a root is not there, or put says so.
PP_NODISCARD bool pp_store_save(pp_err *err, pp_store *store, const pp_digest *roots, size_t len,
                                bool (*put)(pp_err *err, void *ctx, const void *data, size_t size),
                                void *ctx);
// Puts such bytes into the store beside what is there. Nothing in them is believed: each node is
// found under the digest it has. False with one sentence: exit code 1 when they are not such bytes
// (some of it may be in the store then, and does no harm), 2 when the environment failed.
PP_NODISCARD bool pp_store_load(pp_err *err, pp_store *store, pp_bytes bytes);

// The sentence behind a status that a view of this store returned: for STORAGE and MISSING what
// and where, else the status's name. Returns false always.
bool pp_store_explain(pp_err *err, const pp_store *store, pp_state_status status);

// Nodes stored, and bytes of them.
void pp_store_size(const pp_store *store, uint64_t *nodes, uint64_t *bytes);

#endif
