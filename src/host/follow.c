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

bool pp_follower_open(pp_err *err, pp_follower *f, pp_log *log, pp_store *store) {
    memset(f, 0, sizeof *f);
    f->log = log;
    f->store = store;
    pp_checks_init(&f->checks);
    pp_log_record record;
    bool more;
    if (!pp_log_next(err, &more, &record, log, &f->cursor)) return false;
    if (!more)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: empty: no genesis was written yet", log->path);
    char name[sizeof log->path + 32];
    snprintf(name, sizeof name, "%s: block 0 (genesis)", log->path);
    pp_chain_env env;
    pp_checks_env(&env, &f->checks, store);
    return pp_chain_new(err, &f->chain, name, record.payload, &env) &&
           pp_checks_begin(err, &f->checks, name, f->chain);
}

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
    pp_checks_end(&f->checks);
    pp_chain_free(f->chain);
    f->chain = NULL;
}
