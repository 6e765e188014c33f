// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/prune.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "chain/block.h"
#include "host/follow.h"
#include "host/local.h"

typedef struct pruning {
    const pp_prune_options *options;
    pp_log log;
    pp_store *store;
    pp_follower follower;
    pp_past past;
} pruning;

static bool time_of(pp_err *err, uint64_t *time, pp_log *log, uint64_t height) {
    pp_log_cursor cursor;
    pp_log_record record;
    pp_block block;
    bool more;
    if (!pp_log_seek(err, &cursor, log, height) || !pp_log_next(err, &more, &record, log, &cursor))
        return false;
    if (!more || !pp_block_decode(&block, record.payload))
        return pp_err_set(err, PP_EXIT_NO, "%s: block %" PRIu64 " is none", log->path, height);
    *time = block.time;
    return true;
}

// The last block that goes. Times may go back: the first block from the end that is old enough is
// the one, and all before it go too.
static bool find_base(pp_err *err, uint64_t *base, pruning *p) {
    uint64_t last = p->log.records - 1, keep = p->options->keep_blocks, newest = 0, time = 0;
    *base = p->log.base;
    if (last <= p->log.base || last - p->log.base <= keep) return true;
    uint64_t at = last - keep;
    if (!time_of(err, &newest, &p->log, last)) return false;
    while (at > p->log.base) {
        if (!time_of(err, &time, &p->log, at)) return false;
        if (p->options->keep_ms == 0 || (time <= newest && newest - time >= p->options->keep_ms))
            break;
        at--;
    }
    *base = at;
    return true;
}

// The chain behind block `base`.
static bool execute(pp_err *err, pruning *p, uint64_t base) {
    pp_follower *f = &p->follower;
    const pp_follower_start start = {.newest = true, .most = base};
    if (!pp_follower_open(err, f, &p->log, p->store, &start)) return false;
    pp_past_open(&p->past, p->log.dir, &p->log);
    pp_past_skip(&p->past, f->checks_before);
    f->checks.past = &p->past;
    while (f->cursor.height <= base) {
        pp_chain_result result;
        pp_chain_info info;
        bool more;
        if (!pp_follower_next(err, &more, &result, f)) return false;
        PP_ASSERT(more);
        pp_chain_info_get(&info, f->chain);
        if (!pp_past_commit(err, &p->past, info.height, &info.app_hash)) return false;
        if (p->options->on_block) p->options->on_block(p->options->ctx, info.height, base);
    }
    // What it had to check itself need not be checked again behind the base.
    pp_chain_info info;
    pp_chain_info_get(&info, f->chain);
    pp_past_save(&p->past, &p->log, info.height, &info.app_hash);
    return true;
}

// What was written can be begun from.
static bool read_back(pp_err *err, pruning *p, uint64_t base) {
    pp_store *store;
    pp_follower f = {0};
    const pp_follower_start start = {.newest = true, .most = base};
    if (!pp_store_open(err, &store, "", PP_STORE_MEMORY)) return false;
    bool ok = pp_follower_open(err, &f, &p->log, store, &start);
    if (ok && f.began != base)
        ok = pp_err_set(err, PP_EXIT_USAGE, "%s: the snapshot of block %" PRIu64 " cannot be read",
                        p->log.dir, base);
    pp_follower_close(&f);
    pp_store_close(store);
    return ok;
}

static bool prune(pp_err *err, pp_pruned *out, pruning *p) {
    uint64_t base;
    char state[sizeof p->log.dir + 8];
    out->height = p->log.records > 0 ? p->log.records - 1 : 0;
    out->before = out->base = p->log.base;
    out->log_before = out->log_now = p->log.end;
    if (p->log.records == 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: empty: no genesis was written yet", p->log.path);
    if (!find_base(err, &base, p)) return false;
    if (base == p->log.base) return true;
    snprintf(state, sizeof state, "%s/state", p->log.dir);
    if (!pp_store_open(err, &p->store, state, 0) || !execute(err, p, base) ||
        !pp_snapshot_write(err, p->log.dir, &p->log, p->follower.chain, p->store,
                           pp_past_asked(&p->past), (pp_bytes){NULL, 0}, &out->snapshot) ||
        !read_back(err, p, base) || !pp_log_prune(err, &p->log, base))
        return false;
    pp_snapshot_retain(p->log.dir, PP_LOCAL_SNAPSHOTS, base, UINT64_MAX);
    out->base = base;
    out->log_now = p->log.end;
    return true;
}

bool pp_prune_dir(pp_err *err, pp_pruned *out, const char *dir, const pp_prune_options *options) {
    pruning p = {.options = options};
    struct stat st;
    memset(out, 0, sizeof *out);
    if (stat(dir, &st) != 0) // opening would make it
        return pp_err_set(err, PP_EXIT_USAGE, "%s: no such directory", dir);
    // What another user writes there the node could not read.
    if (!pp_folder_is_own(err, dir) || !pp_log_open(err, &p.log, dir, PP_LOG_WRITE)) return false;
    bool ok = prune(err, out, &p);
    pp_past_close(&p.past);
    pp_follower_close(&p.follower);
    pp_store_close(p.store);
    pp_log_close(&p.log);
    return ok;
}
