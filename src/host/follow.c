// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/follow.h"

#include <stdio.h>
#include <stdlib.h>

// What a block's refusal means to the one who reads the log.
static const char *meaning(pp_chain_code code) {
    switch (code) {
    case PP_CHAIN_BLOCK_FORMAT:
        return "it is not the canonical bytes of a block";
    case PP_CHAIN_BLOCK_SIZE:
        return "it is larger than genesis allows";
    case PP_CHAIN_BLOCK_HEIGHT:
        return "it names another height";
    case PP_CHAIN_BLOCK_PARENT:
        return "it names another block before it";
    case PP_CHAIN_BLOCK_STATE:
        return "executing everything before it leads to another state than it names";
    case PP_CHAIN_BLOCK_BEACON:
        return "its beacon is not the next preimage";
    default:
        return "this chain does not take it";
    }
}

// ---- where it begins --------------------------------------------------------------------------

// The chain of record 0, as its genesis leaves it or as a snapshot has it.
static bool make_chain(pp_err *err, pp_follower *f, pp_log *log, const pp_snapshot *from) {
    pp_log_record record;
    bool more;
    pp_chain_env env;
    char name[sizeof log->path + 64];
    f->cursor = (pp_log_cursor){0};
    if (!pp_log_next(err, &more, &record, log, &f->cursor)) return false;
    if (!more)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: empty: no genesis was written yet", log->path);
    pp_checks_env(&env, &f->checks, f->store);
    if (from == NULL) {
        snprintf(name, sizeof name, "%s: block 0 (genesis)", log->path);
        if (!pp_chain_new(err, &f->chain, name, record.payload, &env)) return false;
    } else {
        snprintf(name, sizeof name, "%s: the snapshot of block %llu", log->dir,
                 (unsigned long long)from->height);
        if (!pp_store_load(err, f->store, from->nodes) ||
            !pp_chain_load(err, &f->chain, name, record.payload, &env, from->image) ||
            !pp_log_seek(err, &f->cursor, log, from->height + 1))
            return false;
        pp_chain_info info;
        pp_chain_info_get(&info, f->chain);
        if (info.height != from->height || !pp_hash32_eq(&info.app_hash, &from->app_hash))
            return pp_err_set(err, PP_EXIT_NO, "%s holds another state than it says", name);
        f->began = from->height;
        f->checks_before = from->checks;
    }
    return pp_checks_begin(err, &f->checks, name, f->chain);
}

static void unmake_chain(pp_follower *f) {
    pp_checks_end(&f->checks);
    pp_chain_free(f->chain);
    f->chain = NULL;
    f->began = f->checks_before = 0;
}

static bool begin_from(pp_err *err, pp_follower *f, pp_log *log, uint64_t height,
                       const pp_follower_start *start) {
    pp_snapshot snapshot;
    if (!pp_snapshot_read(err, &snapshot, log->dir, height, log)) return false;
    bool ok = make_chain(err, f, log, &snapshot);
    pp_err why;
    if (ok && start->accept && !start->accept(&why, start->ctx, f->chain, &snapshot))
        ok = pp_err_set(err, PP_EXIT_NO, "%s: the snapshot of block %llu: %s", log->dir,
                        (unsigned long long)height, why.text);
    pp_snapshot_free(&snapshot);
    if (!ok) unmake_chain(f);
    return ok;
}

bool pp_follower_open(pp_err *err, pp_follower *f, pp_log *log, pp_store *store,
                      const pp_follower_start *start) {
    static const pp_follower_start earliest;
    uint64_t heights[PP_SNAPSHOTS_MAX];
    memset(f, 0, sizeof *f);
    f->log = log;
    f->store = store;
    pp_checks_init(&f->checks);
    if (start == NULL) start = &earliest;
    size_t len = log->base > 0 || start->newest ? pp_snapshot_list(heights, log->dir) : 0;
    pp_err why = {.text = "there is none"};
    for (size_t i = 0; i < len; i++) {
        uint64_t height = heights[start->newest ? i : len - 1 - i];
        if (height < log->base) continue; // of before it was pruned
        if (start->most > 0 && height > start->most) continue;
        if (begin_from(&why, f, log, height, start)) return true;
        if (start->note) start->note(start->ctx, why.text);
    }
    if (log->base == 0) return make_chain(err, f, log, NULL);
    return pp_err_set(err, PP_EXIT_NO,
                      "%s: blocks 1 to %llu were pruned, and no snapshot can be begun from: %s",
                      log->path, (unsigned long long)log->base, why.text);
}

// ---- blocks -----------------------------------------------------------------------------------

bool pp_follower_finalize(pp_err *err, pp_chain_result *result, pp_follower *f, uint64_t height,
                          pp_bytes block) {
    if (!pp_chain_finalize(err, result, f->chain, block)) return false;
    if (f->checks.failed.exit_code != 0) {
        if (err) *err = f->checks.failed;
        return false;
    }
    unsigned long long h = height;
    if (result->code != PP_CHAIN_OK)
        return pp_err_set(err, PP_EXIT_NO, "%s: block %llu is wrong: %s (%s)", f->log->path, h,
                          meaning(result->code), pp_chain_reason(result->code));
    return true;
}

bool pp_follower_next(pp_err *err, bool *more, pp_chain_result *result, pp_follower *f) {
    pp_log_record record;
    if (!pp_log_next(err, more, &record, f->log, &f->cursor)) return false;
    if (!*more) return true;
    f->block = record.payload;
    if (!pp_follower_finalize(err, result, f, record.height, record.payload)) return false;
    pp_hash32 app_hash;
    pp_chain_commit(&app_hash, f->chain);
    pp_chain_ledger ledger;
    if (pp_chain_ledger_get(&ledger, f->chain)) return pp_follower_forget(err, f);
    return pp_err_set(err, PP_EXIT_NO, "%s: block %llu is wrong: the ledger does not add up",
                      f->log->path, (unsigned long long)record.height);
}

bool pp_follower_forget(pp_err *err, pp_follower *f) {
    if (!pp_store_is_due(f->store)) return true;
    size_t len = pp_chain_roots(NULL, 0, f->chain);
    pp_digest *roots = calloc(len + 1, sizeof *roots);
    if (roots == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    pp_chain_roots(roots, len, f->chain);
    bool ok = pp_store_keep(err, f->store, roots, len);
    free(roots);
    return ok;
}

void pp_follower_close(pp_follower *f) {
    unmake_chain(f);
}
