// SPDX-License-Identifier: MIT OR Apache-2.0
// States on disk: nodes by their digest in LMDB. Nothing is overwritten, so every committed root
// stays readable. A cache of what a log says: it is kept from one opening to the next where it was
// closed well, and whoever opens it after a kill, a power cut or damage finds it empty (seal.h says
// why). Native.
//
//   pp_store *store;
//   pp_store_open(&err, &store, "dir/state", 0);
//   pp_state s;
//   pp_store_view(&err, store, &s, &root);                 // lazily loaded
//   pp_state_put(&s, &address, &account); ...
//   pp_store_commit(&err, store, &s, &new_root);           // on disk once the store is closed
//   pp_state_close(&s);
#ifndef PP_STATE_STORE_H
#define PP_STATE_STORE_H

#include "base/err.h"
#include "state/state.h"

typedef struct pp_store pp_store;

enum {
    PP_STORE_READ_ONLY = 1, // no file is created or written
    PP_STORE_MEMORY = 2,    // heap instead of disk: for tests and simulations; path is ignored
};

// Opens the store in folder `path`, which is made when it is not there; to write, its file is
// emptied when it is not exactly as it was closed. False with a sentence that names the path when
// it cannot be read or written.
PP_NODISCARD bool pp_store_open(pp_err *err, pp_store **out, const char *path, unsigned flags);
void pp_store_close(pp_store *store); // NULL is fine; no view of it may be open

// True when the state with this root can be read (the empty root always can).
PP_NODISCARD bool pp_store_has(pp_store *store, const pp_digest *root);

// A view of the state with this root; close it with pp_state_close. False when there is none.
PP_NODISCARD bool pp_store_view(pp_err *err, pp_store *store, pp_state *state,
                                const pp_digest *root);

// Stores what is new in a view and gives its root; all of it can be read when this returns true,
// none of it counts when it returns false (full disk, read-only, a failing state). May be repeated.
PP_NODISCARD bool pp_store_commit(pp_err *err, pp_store *store, pp_state *state, pp_digest *root);

// The sentence behind a status that a view of this store returned: for STORAGE and MISSING what
// and where, else the status's name. Returns false always.
bool pp_store_explain(pp_err *err, const pp_store *store, pp_state_status status);

// Nodes stored, and bytes in use on disk (0 for PP_STORE_MEMORY).
void pp_store_size(pp_store *store, uint64_t *nodes, uint64_t *bytes);

#endif
