// SPDX-License-Identifier: MIT OR Apache-2.0
// A database's file as it was left: LMDB believes what stands in a file, and writes beyond its
// buffers where that is wrong, so it is shown no file but one that it closed itself and that has
// not changed since. FOLDER/closed holds "ppstate", 0x01, u64 size and Keccak-256 of
// FOLDER/data.mdb. Only for state/.
#ifndef PP_STATE_SEAL_H
#define PP_STATE_SEAL_H

#include "base/err.h"

// Whether the folder's database is as it was sealed; no file at all counts as that.
bool pp_seal_holds(const char *folder);
// Takes the seal away, so that it outlives no change: on disk when this returns. False with errno.
PP_NODISCARD bool pp_seal_break(const char *folder);
// Seals what is there. False when it cannot be read or written: the next writer begins anew.
bool pp_seal_make(const char *folder);

#endif
