// SPDX-License-Identifier: MIT OR Apache-2.0
// The append-only log of the local host: the one thing on disk that is the truth.
//
// DIR/chain.log is a run of records, one a block; record 0 holds the genesis. All integers are
// little-endian:
//
//   u32 magic "PPLR" | u32 size of the payload | u64 height | 32 bytes link of the record before
//   (in record 0 the log's secret: random) | 8 bytes: first bytes of Keccak-256 of those 48 bytes
//   and the secret
//   payload
//   32 bytes link: Keccak-256("polypoly/log/1", the 56 header bytes, the payload)
//
// A log that was pruned (pp_log_prune) holds, behind record 0, which has the magic "PPLG" there,
// one record with the magic "PPLB": its height is that of the last block that is gone, its payload
// that block's link. The next record follows that one. (Logs made earlier have zeros for the
// secret, which is then no part of the sums, and "PPLR" before "PPLB".)
//
// A record counts once all of it is on disk and synced; only then does pp_log_append return true.
// What a crash leaves behind the last whole record was never acknowledged and is cut off at the
// next open. A whole record that does not check out is damage: nothing is cut, open refuses.
// The header has a checksum of its own so that a damaged size can never pass for a torn tail; and
// with the secret, which never leaves the host, so that nobody who writes into a block can put
// there what passes for the header of the next one.
//
// DIR/LOCK is held (flock) while the log is open, so that one directory has one owner.
#ifndef PP_HOST_LOG_H
#define PP_HOST_LOG_H

#include "base/err.h"

enum {
    PP_LOG_HEADER_SIZE = 56,
    PP_LOG_LINK_SIZE = 32,
    PP_LOG_PAYLOAD_MAX = 64 << 20, // bytes in one record
};

typedef enum pp_log_mode {
    PP_LOG_WRITE, // makes the directory and the log when there is none, cuts a torn tail off
    PP_LOG_READ,  // changes nothing; the log must be there
} pp_log_mode;

typedef struct pp_log {
    char dir[4096];
    char path[4096]; // of chain.log
    pp_log_mode mode;
    int lock_fd;
    int fd;
    uint64_t records;    // the next height: whole records, those that were pruned counted too
    uint64_t base;       // blocks 1 to this one are gone; 0: none
    uint64_t first;      // where block base + 1 begins
    pp_hash32 base_link; // of block base; of record 0 where nothing is gone
    pp_hash32 secret;   // zeros: an old log, without. Before the first record: whoever appends that
                        // may set it; else it is drawn
    bool pruned;        // record 0 says that the base stands behind it
    uint64_t end;       // bytes up to the end of the last whole record
    uint64_t torn_size; // bytes behind it when the log was opened
    pp_hash32 link;     // of the last record
    bool failed;        // a write failed in a way that leaves the file's tail unknown
    uint64_t *ends;     // where record 0 ends, and each from block base + 1 on
    size_t ends_max;
    uint8_t *buffer; // one record
    size_t buffer_size;
} pp_log;

// One record handed out by pp_log_next; payload is valid until the next call on the log.
typedef struct pp_log_record {
    uint64_t height;
    pp_bytes payload;
} pp_log_record;

// Where a reader stands; zero-initialise to begin at record 0.
typedef struct pp_log_cursor {
    uint64_t height;
    uint64_t offset;
    pp_hash32 link;
} pp_log_cursor;

// Takes the lock and checks every record. Afterwards log->records says how many there are; with
// PP_LOG_WRITE and a directory without a log it is 0. log->torn_size > 0 says that a torn tail
// was found (and, with PP_LOG_WRITE, cut off). False with one sentence in *err: exit code 1 when a
// record does not check out (the sentence names the block), 2 when the environment is at fault
// (another process holds the directory, it cannot be read or written). On false nothing is open
// and no byte of the log has changed.
PP_NODISCARD bool pp_log_open(pp_err *err, pp_log *log, const char *dir, pp_log_mode mode);

// Appends one record at height log->records and syncs it. False with one sentence on any failure;
// the log then holds what it held before, and appending may be tried again unless the sentence
// says that the disk failed to sync.
PP_NODISCARD bool pp_log_append(pp_err *err, pp_log *log, pp_bytes payload);

// Reads the record at the cursor, checks it again and moves on; behind record 0 that is the first
// one which was not pruned. *more is false, and nothing else
// written, at the end. False with *err as pp_log_open.
PP_NODISCARD bool pp_log_next(pp_err *err, bool *more, pp_log_record *record, pp_log *log,
                              pp_log_cursor *cursor);

// Whether the record of this height is in the file: it was written, and not pruned.
static inline bool pp_log_has(const pp_log *log, uint64_t height) {
    return height < log->records && (height == 0 || height > log->base);
}

// Where the payload of a record stands in the file. pp_log_has, asserted.
void pp_log_span(uint64_t *offset, size_t *size, const pp_log *log, uint64_t height);

// The link at the end of a record. False when it cannot be read. pp_log_has, or height is the base;
// asserted.
PP_NODISCARD bool pp_log_link(pp_hash32 *out, const pp_log *log, uint64_t height);

// A cursor before the record of this height, behind the base. False when it cannot be read.
PP_NODISCARD bool pp_log_seek(pp_err *err, pp_log_cursor *cursor, const pp_log *log,
                              uint64_t height);

// Lets go of blocks 1 to `base`, once and for all: what is left is copied to a new file, which
// takes the log's place in one step. base is above log->base and below the next height, asserted.
// False with one sentence when that failed; the log must be closed then. Nothing is gone, but where
// the sentence says that only the folder's sync failed.
PP_NODISCARD bool pp_log_prune(pp_err *err, pp_log *log, uint64_t base);

// Closes files and lets the lock go. Harmless on a log that is not open.
void pp_log_close(pp_log *log);

#endif
