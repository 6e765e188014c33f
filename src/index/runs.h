// SPDX-License-Identifier: MIT OR Apache-2.0
// From hashes to places in a list that only grows: the newest in a table in memory, all older ones
// in sorted runs on disk, so that memory stays the same however many there are. A look-up takes a
// binary search in each run. Only for index/.
#ifndef PP_INDEX_RUNS_H
#define PP_INDEX_RUNS_H

#include "index/far.h"
#include "index/table.h"

typedef struct pp_runs_entry {
    uint64_t key; // the first eight bytes of the hash
    uint32_t at;
} pp_runs_entry;

typedef struct pp_runs {
    pp_far far;
    pp_table recent;
    pp_runs_entry *fresh; // what is in `recent`
    size_t fresh_len, run_len;
} pp_runs;

// As pp_far_open; run_len: how many are kept in memory, and stand in a run.
PP_NODISCARD bool pp_runs_open(pp_err *err, pp_runs *runs, const char *dir, const char *name,
                               size_t run_len);
// key: at least 20 bytes of a hash. The same may stand twice. False with a sentence when the disk
// is full.
PP_NODISCARD bool pp_runs_add(pp_err *err, pp_runs *runs, const uint8_t *key, uint32_t at);
// A place for which `same` says yes, among the newest first, or PP_TABLE_NONE.
uint32_t pp_runs_find(const pp_runs *runs, const uint8_t *key,
                      bool (*same)(const void *ctx, uint32_t at, const uint8_t *key),
                      const void *ctx);
// As pp_far_save and pp_far_load. Of what is in memory the places are saved only: key_of gives the
// hash of one, or NULL where there is none, once the list that they are places of is there.
PP_NODISCARD bool pp_runs_save(pp_err *err, pp_runs *runs, pp_wire *out);
PP_NODISCARD bool pp_runs_load(pp_err *err, pp_runs *runs, pp_reader *saved, const char *dir,
                               const char *name, size_t run_len,
                               const uint8_t *(*key_of)(const void *ctx, uint32_t at),
                               const void *ctx);
void pp_runs_close(pp_runs *runs); // all zero is fine

#endif
