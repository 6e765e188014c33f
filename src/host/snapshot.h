// SPDX-License-Identifier: MIT OR Apache-2.0
// Snapshots: the whole state behind a block, so that a start need not execute the log before it,
// and so that this part of the log can be pruned. DIR/snapshots/<height>, little-endian:
//
//   8 bytes "ppsnap" 0x00 0x02 | u64 height | 32 link of that record of the log | 32 app hash
//   behind it | u64 checks that its blocks have asked for (host/past.h) | the nodes of its states
//   (pp_store_save) | the chain's image (pp_chain_save) | what the host's user keeps beside | u64
//   sizes of these three | 32 Keccak-256 of all before
//
// Each is written to a file of its own, synced, and only then given its name: a kill leaves it
// whole or not at all.
//
// What one is trusted for: it belongs to the log (the link), nothing of it was damaged (the sum),
// its money adds up, its rollups' states are those of its roots, and its state has the app hash
// that it names, which is the one that the next block of the log names too, where there is one.
// What no app hash covers (chain/chain.h: pp_chain_load) is believed. So a snapshot is for the host
// that made it: who can write to the directory could change it, as they could everything else
// there, the signing key included. polypoly audit reads none, unless the log was pruned, and says
// so then.
#ifndef PP_HOST_SNAPSHOT_H
#define PP_HOST_SNAPSHOT_H

#include "chain/chain.h"
#include "host/log.h"

typedef struct pp_snapshot {
    uint64_t height;
    pp_hash32 link, app_hash;
    uint64_t checks;
    pp_bytes image, nodes, beside;
    uint8_t *file; // where they lie, once read
} pp_snapshot;

enum { PP_SNAPSHOTS_MAX = 64 }; // seen of one directory, the newest first

// Heights of those in DIR that have a name, newest first, at most PP_SNAPSHOTS_MAX; returns how
// many.
size_t pp_snapshot_list(uint64_t out[PP_SNAPSHOTS_MAX], const char *dir);
// Makes one of a chain behind one of the log's blocks. False with one sentence when the
// environment failed: what was there before is there still. *file_size: its bytes.
PP_NODISCARD bool pp_snapshot_write(pp_err *err, const char *dir, const pp_log *log,
                                    const pp_chain *chain, pp_store *store, uint64_t checks,
                                    pp_bytes beside, uint64_t *file_size);
// Reads one, and checks its sum and that it belongs to this log. False with one sentence; exit code
// 1 when it is damaged or another log's, 2 when it cannot be read. pp_snapshot_free after true.
PP_NODISCARD bool pp_snapshot_read(pp_err *err, pp_snapshot *out, const char *dir, uint64_t height,
                                   pp_log *log);
void pp_snapshot_free(pp_snapshot *snapshot);
// Removes all but the newest `keep` and the one at the log's base, those from before it and above
// `most`, and what kills have left. What cannot be removed stays, without harm.
void pp_snapshot_retain(const char *dir, size_t keep, uint64_t base, uint64_t most);

#endif
