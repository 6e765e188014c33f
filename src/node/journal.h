// SPDX-License-Identifier: MIT OR Apache-2.0
// DIR/pool.log: transactions that were acknowledged and wait for a block, so that a crash loses
// none. Records of u32 size | 8 bytes, the first of Keccak-256(raw) | raw; a torn or damaged tail
// is cut off at the next open. A record of 32 bytes, which are no transaction, is the hash of one
// that waits no more. Only for node/. One thread at a time, but for pp_journal_write.
#ifndef PP_NODE_JOURNAL_H
#define PP_NODE_JOURNAL_H

#include "base/err.h"

typedef struct pp_journal {
    char path[4096 + 16];
    int fd;
    uint64_t size;   // bytes in the file
    uint64_t taken;  // transactions added, ever
    uint64_t safe;   // of them, those on disk
    uint8_t *buffer; // not written yet
    size_t buffer_size, buffer_max;
} pp_journal;

// Reads what is there, hands each transaction out in order, and makes the file where it is not.
// False with one sentence.
PP_NODISCARD bool pp_journal_open(pp_err *err, pp_journal *j, const char *dir,
                                  void (*on_tx)(void *ctx, pp_bytes raw), void *ctx);
// Takes a copy; writes nothing yet.
void pp_journal_add(pp_journal *j, pp_bytes raw);

// What is not written yet, handed over to the caller, who writes it while others add.
typedef struct pp_journal_part {
    uint8_t *data;
    size_t size;
    uint64_t taken; // `safe` once it is on disk
    bool whole;     // it is the file anew
    int fd;         // the new file's
} pp_journal_part;
pp_journal_part pp_journal_take(pp_journal *j);
// The whole file anew, with these transactions, in which those not written yet are.
pp_journal_part pp_journal_whole(pp_journal *j, const pp_bytes *raws, size_t len);
// Writes and syncs a part, frees it. Needs no lock: it touches only the file. One part at a time.
// False with one sentence: what the file's end holds is unknown then, and the node must stop.
PP_NODISCARD bool pp_journal_write(pp_err *err, const pp_journal *j, pp_journal_part *part);
// Behind pp_journal_write: it is safe.
void pp_journal_wrote(pp_journal *j, const pp_journal_part *part);

void pp_journal_close(pp_journal *j);

#endif
