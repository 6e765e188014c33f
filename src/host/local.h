// SPDX-License-Identifier: MIT OR Apache-2.0
// The local host: one process that orders, executes and keeps a chain in a directory.
//
//   DIR/chain.log   the truth: genesis and every block (host/log.h)
//   DIR/state/      nodes of the rollups' states (state/store.h): scratch, made again at every
//   start DIR/checked     what its own checks have said (host/past.h): a cache DIR/snapshots/  the
//   state behind some blocks (host/snapshot.h), to start from DIR/LOCK        held while it is open
//
// A block counts once its record is in the log and synced. It is executed first, then appended,
// then committed, so a crash at any moment leaves either the block, whole, or the chain without it.
// A start goes on from the newest snapshot that is good, and executes the log behind it; else from
// an older one, else from the log's beginning. Checks that it made itself are not made again.
//
//   pp_local_open(&err, &local, dir);               // takes the lock
//   pp_local_start(&err, local, genesis, &beacon, &watch);
//   while (...) pp_local_append(&err, &result, &taken, local, time, items, items_len);
//   pp_local_close(local);
#ifndef PP_HOST_LOCAL_H
#define PP_HOST_LOCAL_H

#include "chain/wire.h"
#include "host/beacon.h"
#include "host/checks.h"

typedef struct pp_local pp_local;

// Who watches: everything may be NULL.
typedef struct pp_local_watch {
    void *ctx;
    // The chain before the first block that on_block tells of; of genesis, or of a snapshot.
    void (*on_genesis)(void *ctx, pp_chain *chain);
    // A block taken from the log at the start, number `height` of `of`.
    void (*on_block)(void *ctx, uint64_t height, uint64_t of, const pp_chain_result *result,
                     pp_chain *chain);
    void (*on_check)(void *ctx, const pp_checks_one *one); // of a batch or a claim, by the chain
    // Whoever looks at every block has made something of those before a snapshot: on_save appends
    // it to what the snapshot holds (false: there is none to be made now), on_load goes on from it,
    // of a chain that stands there (false with a sentence: not from this one; saved is empty where
    // polypoly prune made it). Where on_block is here and on_load is not, a start goes on from the
    // earliest snapshot that the log reaches back to, or from genesis.
    bool (*on_save)(pp_err *err, void *ctx, pp_wire *out);
    bool (*on_load)(pp_err *err, void *ctx, pp_chain *chain, pp_bytes saved);
    bool whole; // there must be all blocks: a log that was pruned is refused
    void (*on_note)(void *ctx, const char *text); // a snapshot that could not be used, or written
} pp_local_watch;

// Blocks from one snapshot to the next, and snapshots kept, where nobody sets anything else. One is
// made earlier where there is much to execute since the last: about a second's items, and so many
// that making it is a small part of the work.
enum {
    PP_LOCAL_SNAPSHOT_BLOCKS = 1000,
    PP_LOCAL_SNAPSHOT_ITEMS = 8192,
    PP_LOCAL_SNAPSHOT_ITEM_BYTES = 2048, // of the last snapshot, for an item
    PP_LOCAL_SNAPSHOTS = 2,
};

// Takes the directory, which is made when it is not there, and checks the log's bytes. False with
// one sentence; errors as pp_log_open.
PP_NODISCARD bool pp_local_open(pp_err *err, pp_local **out, const char *dir);
// Whether the log has its genesis already.
bool pp_local_begun(const pp_local *local);
// Its genesis file; valid until the next call with this host. Asserts that it has begun.
PP_NODISCARD bool pp_local_genesis(pp_err *err, pp_bytes *out, pp_local *local);

// The key that signs this host's blocks, where genesis names a signer: before the start, by whoever
// will append. It is forgotten when the host is closed.
void pp_local_sign_with(pp_local *local, const uint8_t key[32]);

// How often a snapshot is made, in blocks (0: never, not at the end either), and how many are kept
// (at least 1): before the start. One is made at the end too, unless nothing has happened since.
void pp_local_snapshots(pp_local *local, uint64_t blocks, size_t keep);

// Writes the genesis where the log is empty (it is otherwise not looked at), then executes the log.
// The beacon, borrowed, must be the one that genesis names (exit code 2 otherwise); NULL where
// nothing is ever appended, only taken. With a beacon the signing key must be the one that genesis
// names, where it names one (likewise). False with one
// sentence: exit code 1 when the log is wrong (the block is named), 2 when the environment failed.
PP_NODISCARD bool pp_local_start(pp_err *err, pp_local *local, pp_bytes genesis, pp_beacon *beacon,
                                 const pp_local_watch *watch);

// Makes the next block of these items, executes it and makes it durable. time: ms since 1970.
// *taken (may be NULL): how many items went in, from the front. False with one sentence when the
// environment failed: nothing was acknowledged, and the host can only be closed.
PP_NODISCARD bool pp_local_append(pp_err *err, pp_chain_result *result, size_t *taken,
                                  pp_local *local, uint64_t time, const pp_bytes *items,
                                  size_t items_len);

// The same with a block that another host has made: for one that follows. False with exit code 1,
// naming the block, when it does not follow; nothing is written then, and the host can only be
// closed. The beacon is not used.
PP_NODISCARD bool pp_local_take(pp_err *err, pp_chain_result *result, pp_local *local,
                                pp_bytes block);

// Whether what somebody sent is the next block as far as can be said without executing it: whole,
// of the next height, signed by the key that genesis names. What is not tells of who sent it, not
// of the chain. False with one sentence. Where genesis names no signer, nothing can be told apart,
// and it must follow in all that its front says.
PP_NODISCARD bool pp_local_is_next(pp_err *err, pp_local *local, pp_bytes block);

// The chain behind the last block. NULL before the start.
pp_chain *pp_local_chain(pp_local *local);
// What verifying a shard of a proof takes here, as far as is known: ns, at least 1.
uint64_t pp_local_shard_ns(const pp_local *local);
// The last block's bytes, inside on_block too: valid until the next block. Empty before the first.
pp_bytes pp_local_block(const pp_local *local);
// Where the payload of a record stands in DIR/chain.log, for readers with a file of their own:
// what is in the log is not changed while it is open. height is 0, or above pp_local_base and below
// pp_local_records, asserted.
void pp_local_span(uint64_t *offset, size_t *size, const pp_local *local, uint64_t height);
uint64_t pp_local_records(const pp_local *local); // blocks ever, genesis counted
// Blocks 1 to this one were pruned; 0: none. *next (NULL: not asked for): where in DIR/chain.log
// the record of the block behind it begins, or will.
uint64_t pp_local_base(const pp_local *local, uint64_t *next);
void pp_local_close(pp_local *local); // NULL is fine

#endif
