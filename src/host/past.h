// SPDX-License-Identifier: MIT OR Apache-2.0
// What this host's own checks have said, so that a restart need not run every guest and verify
// every proof of the log again. DIR/checked, little-endian:
//
//   8 bytes "ppcheck" and 0x02 | u64 height | 32 link of that record of the log | 32 app hash
//   behind it | u64 checks that were asked for before those here | u64 checks, in the order in
//   which blocks up to height ask for them, each u8 kind + 16 where it said yes, u32 shards, u64
//   cycles | 32 Keccak-256 of all before
//
// (With 0x01 the checks before are not in it: there are none.)
//
// It is believed where the log's record has that very link, and only up to there: all else
// (signatures, nonces, transactions, auctions, payments, roots, the ledger) is executed again, and
// must lead to that app hash. Whoever may write to the directory may forge it, as they may
// everything else there; who believes nothing (polypoly audit) does not read it.
#ifndef PP_HOST_PAST_H
#define PP_HOST_PAST_H

#include "host/log.h"

typedef struct pp_past {
    char path[4096];
    uint64_t height;           // what is believed: of blocks up to this one
    pp_hash32 app_hash;        // behind it
    uint64_t before;           // checks asked for before those that are known here
    size_t believed, at;       // checks of it, and those used so far
    size_t len, max, of_whole; // checks known, and those of blocks that count
    uint8_t *checks;
    bool departs; // the blocks ask for something else than was written down
} pp_past;

typedef struct pp_past_check {
    uint8_t kind; // pp_checks_kind
    bool yes;
    uint32_t shards;
    uint64_t cycles;
} pp_past_check;

// Reads DIR/checked; where it is not there, damaged or of another log, nothing is believed.
void pp_past_open(pp_past *past, const char *dir, const pp_log *log);
void pp_past_close(pp_past *past); // all zero is fine
// The first `checks` have been asked for already: a start from a snapshot. Where the file does not
// reach so far, or does not reach back to there, nothing is believed.
void pp_past_skip(pp_past *past, uint64_t checks);
// Checks that blocks which count have asked for.
static inline uint64_t pp_past_asked(const pp_past *past) {
    return past->before + past->of_whole;
}
// The next check, where it is believed. False: make it, and add it.
PP_NODISCARD bool pp_past_take(pp_past *past, pp_past_check *out, uint8_t kind);
void pp_past_add(pp_past *past, const pp_past_check *check);
// The block of this height counts. False with one sentence, exit code 2, where it was believed and
// what was written down is not what it asks for, or leads elsewhere: the file is then removed.
PP_NODISCARD bool pp_past_commit(pp_err *err, pp_past *past, uint64_t height,
                                 const pp_hash32 *app_hash);
// Writes what is known of the blocks up to this height, the last that counts, unless more is
// believed than was asked for by then. A failure is none: it is a cache.
void pp_past_save(const pp_past *past, const pp_log *log, uint64_t height,
                  const pp_hash32 *app_hash);

#endif
