// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/local.h"

#include <stdio.h>
#include <stdlib.h>

#include "chain/block.h"
#include "hash/keccak.h"
#include "host/follow.h"
#include "sign/keys.h"

struct pp_local {
    char dir[sizeof((pp_log *)0)->path];
    char state_path[sizeof((pp_log *)0)->path];
    pp_log log;
    pp_store *store;
    pp_follower follower;
    pp_past past;
    pp_local_watch watch;
    bool whole;                                // the chain is behind the log's last block
    uint64_t snapshot_blocks, snapshot_height; // from one to the next; of the last one
    uint64_t snapshot_size, items;             // its bytes; executed since
    size_t snapshots;                          // kept
    pp_beacon *beacon;
    uint8_t key[32]; // signs blocks
    bool has_key;
    uint8_t *block; // the last one made or taken here
    pp_bytes view;  // the last one, wherever it lies
};

bool pp_local_open(pp_err *err, pp_local **out, const char *dir) {
    pp_local *local = calloc(1, sizeof *local);
    *out = NULL;
    if (local == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    if (!pp_log_open(err, &local->log, dir, PP_LOG_WRITE)) {
        free(local);
        return false;
    }
    snprintf(local->dir, sizeof local->dir, "%s", dir);
    snprintf(local->state_path, sizeof local->state_path, "%s/state",
             dir); // shorter than the log's
    pp_local_snapshots(local, PP_LOCAL_SNAPSHOT_BLOCKS, PP_LOCAL_SNAPSHOTS);
    *out = local;
    return true;
}

void pp_local_snapshots(pp_local *local, uint64_t blocks, size_t keep) {
    PP_ASSERT(keep > 0);
    local->snapshot_blocks = blocks;
    local->snapshots = keep;
}

enum { REMEMBER_BLOCKS = 256 }; // so many are checked again after a kill

// The checks of all blocks that the chain has taken.
static void remember(const pp_local *local) {
    pp_chain_info info;
    pp_chain_info_get(&info, local->follower.chain);
    pp_past_save(&local->past, &local->log, info.height, &info.app_hash);
}

static void note(void *ctx, const char *text) {
    const pp_local *local = ctx;
    if (local->watch.on_note) local->watch.on_note(local->watch.ctx, text);
}

// Nobody who looks at every block would go on from one that does not say what was made of them.
static bool is_resumable(const pp_local_watch *watch) {
    return !watch->whole && (watch->on_block == NULL || watch->on_load != NULL);
}

static bool is_due(const pp_local *local, uint64_t height) {
    uint64_t items = local->snapshot_size / PP_LOCAL_SNAPSHOT_ITEM_BYTES;
    if (items < PP_LOCAL_SNAPSHOT_ITEMS) items = PP_LOCAL_SNAPSHOT_ITEMS;
    return height - local->snapshot_height >= local->snapshot_blocks || local->items >= items;
}

// The state as it is now. One that cannot be written is told, and no more: the log is what counts.
static void write_snapshot(pp_local *local, uint64_t height) {
    pp_err err;
    pp_wire beside = {0};
    const pp_local_watch *w = &local->watch;
    remember(local);
    if ((w->on_save == NULL || w->on_save(&err, w->ctx, &beside)) &&
        pp_snapshot_write(&err, local->dir, &local->log, local->follower.chain, local->store,
                          pp_past_asked(&local->past), (pp_bytes){beside.data, beside.size},
                          &local->snapshot_size))
        // Higher ones could not be gone on from.
        pp_snapshot_retain(local->dir, local->snapshots, local->log.base, height);
    else
        note(local, err.text);
    local->snapshot_height = height;
    local->items = 0;
    free(beside.data);
}

// Where it is time for one; at the end, where anything has happened since the last.
static void take_snapshot(pp_local *local, bool end) {
    pp_chain_info info;
    if (local->snapshot_blocks == 0 || !is_resumable(&local->watch)) return;
    pp_chain_info_get(&info, local->follower.chain);
    if (end ? info.height > local->snapshot_height : is_due(local, info.height))
        write_snapshot(local, info.height);
}

void pp_local_close(pp_local *local) {
    if (local == NULL) return;
    if (local->whole) {
        remember(local);
        take_snapshot(local, true);
    }
    pp_past_close(&local->past);
    pp_follower_close(&local->follower);
    pp_store_close(local->store);
    pp_log_close(&local->log);
    free(local->block);
    explicit_bzero(local->key, sizeof local->key);
    free(local);
}

void pp_local_sign_with(pp_local *local, const uint8_t key[32]) {
    memcpy(local->key, key, sizeof local->key);
    local->has_key = true;
}

static bool may_sign(pp_err *err, const pp_local *local, const pp_genesis *genesis) {
    pp_address mine;
    if (!genesis->has_signer) return true;
    if (!local->has_key || !pp_sign_address(&mine, local->key))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: its blocks are signed, and the key is not here",
                          local->log.path);
    return pp_address_eq(&mine, &genesis->signer) ||
           pp_err_set(err, PP_EXIT_USAGE,
                      "%s: its blocks are signed by another key than this host's", local->log.path);
}

bool pp_local_begun(const pp_local *local) {
    return local->log.records > 0;
}

bool pp_local_genesis(pp_err *err, pp_bytes *out, pp_local *local) {
    PP_ASSERT(pp_local_begun(local));
    pp_log_cursor cursor = {0};
    pp_log_record record;
    bool more;
    if (!pp_log_next(err, &more, &record, &local->log, &cursor)) return false;
    PP_ASSERT(more);
    *out = record.payload;
    return true;
}

// The log's secret, where this host has one already: the same host writes the same log.
static void keep_secret(pp_local *local) {
    static const char tag[] = "polypoly/log-secret/1";
    const pp_beacon *b = local->beacon;
    if (b == NULL || b->marks_len == 0) return;
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, b->marks[b->marks_len - 1].b, 32); // shown by the last block of all
    pp_keccak_final(&k, &local->log.secret);
}

// A chain is made of it before it is written: the log takes no genesis that is none.
static bool write_genesis(pp_err *err, pp_local *local, pp_bytes genesis) {
    if (genesis.size > PP_LOG_PAYLOAD_MAX)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: its genesis would have %zu bytes, more than the %d a log takes",
                          local->log.path, genesis.size, PP_LOG_PAYLOAD_MAX);
    pp_checks checks;
    pp_chain_env env;
    pp_chain *chain;
    pp_checks_init(&checks);
    pp_checks_env(&env, &checks, local->store);
    if (!pp_chain_new(err, &chain, "genesis", genesis, &env)) return false;
    bool known = pp_checks_begin(err, &checks, "genesis", chain);
    pp_checks_end(&checks);
    pp_chain_free(chain);
    keep_secret(local);
    return known && pp_log_append(err, &local->log, genesis);
}

static bool accept_snapshot(pp_err *err, void *ctx, pp_chain *chain, const pp_snapshot *snapshot) {
    const pp_local_watch *w = &((const pp_local *)ctx)->watch;
    return w->on_load == NULL || w->on_load(err, w->ctx, chain, snapshot->beside);
}

static bool begin(pp_err *err, pp_local *local) {
    pp_follower *f = &local->follower;
    const pp_follower_start start = {.newest = is_resumable(&local->watch),
                                     .ctx = local,
                                     .accept = accept_snapshot,
                                     .note = note};
    if (local->watch.whole && local->log.base > 0)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: blocks 1 to %llu were pruned, and this needs all of them",
                          local->log.path, (unsigned long long)local->log.base);
    if (!pp_follower_open(err, f, &local->log, local->store, &start)) return false;
    f->checks.on_check = local->watch.on_check;
    f->checks.check_ctx = local->watch.ctx;
    pp_past_open(&local->past, local->dir, &local->log);
    pp_past_skip(&local->past, f->checks_before);
    f->checks.past = &local->past;
    local->snapshot_height = f->began;
    return true;
}

// The last block before a snapshot: whoever watches may ask for it.
static bool view_last(pp_err *err, pp_local *local) {
    pp_log_cursor cursor;
    pp_log_record record;
    bool more;
    uint64_t last = local->log.records - 1;
    if (local->view.size > 0 || last == 0 || !pp_log_has(&local->log, last)) return true;
    if (!pp_log_seek(err, &cursor, &local->log, last) ||
        !pp_log_next(err, &more, &record, &local->log, &cursor))
        return false;
    local->view = record.payload;
    return true;
}

bool pp_local_start(pp_err *err, pp_local *local, pp_bytes genesis, pp_beacon *beacon,
                    const pp_local_watch *watch) {
    PP_ASSERT(pp_local_chain(local) == NULL && watch != NULL);
    local->beacon = beacon;
    local->watch = *watch;
    if (!pp_store_open(err, &local->store, local->state_path, 0)) return false;
    if (!pp_local_begun(local) && !write_genesis(err, local, genesis)) return false;
    pp_follower *f = &local->follower;
    if (!begin(err, local)) return false;
    if (beacon && !pp_hash32_eq(&pp_chain_genesis(f->chain)->beacon_end, &beacon->end))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: its beacon is of another seed", local->log.path);
    if (beacon && !may_sign(err, local, pp_chain_genesis(f->chain))) return false;
    if (watch->on_genesis) watch->on_genesis(watch->ctx, f->chain);
    for (;;) {
        pp_chain_result result;
        bool more;
        if (!pp_follower_next(err, &more, &result, f)) return false;
        if (!more) break;
        pp_chain_info info;
        pp_chain_info_get(&info, f->chain);
        if (!pp_past_commit(err, &local->past, info.height, &info.app_hash)) return false;
        local->view = f->block;
        if (watch->on_block)
            watch->on_block(watch->ctx, f->cursor.height - 1, local->log.records - 1, &result,
                            f->chain);
        local->items += result.items_len;
        take_snapshot(local, false);
    }
    if (!view_last(err, local)) return false;
    // The log's buffer serves other records from here on.
    local->block = local->view.size ? malloc(local->view.size) : NULL;
    if (local->block) memcpy(local->block, local->view.data, local->view.size);
    if (local->view.size && !local->block) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    local->view.data = local->block;
    local->whole = true;
    if (local->past.believed < local->past.len) remember(local);
    return true;
}

// Executes the block, malloc'ed and taken over, makes it durable, and the last one.
static bool take(pp_err *err, pp_chain_result *result, pp_local *local, uint8_t *block,
                 size_t size) {
    pp_follower *f = &local->follower;
    pp_bytes bytes = {block, size};
    take_snapshot(local, false); // whoever looks at blocks has seen the last one
    local->whole = false;
    if (!pp_follower_finalize(err, result, f, local->log.records, bytes) ||
        !pp_log_append(err, &local->log, bytes)) {
        free(block);
        return false;
    }
    pp_hash32 app_hash;
    uint64_t height = local->log.records - 1;
    pp_chain_commit(&app_hash, f->chain);
    local->items += result->items_len;
    bool made = pp_past_commit(err, &local->past, height, &app_hash);
    PP_ASSERT(made); // nothing of a new block is believed
    local->whole = true;
    free(local->block);
    local->block = block;
    local->view = bytes;
    if (height % REMEMBER_BLOCKS == 0) remember(local);
    return pp_follower_forget(err, f);
}

bool pp_local_take(pp_err *err, pp_chain_result *result, pp_local *local, pp_bytes block) {
    if (block.size > PP_LOG_PAYLOAD_MAX)
        return pp_err_set(err, PP_EXIT_NO, "block %llu is larger than a block may be",
                          (unsigned long long)local->log.records);
    uint8_t *copy = malloc(block.size + 1);
    if (copy == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    memcpy(copy, block.data, block.size);
    return take(err, result, local, copy, block.size);
}

bool pp_local_is_next(pp_err *err, pp_local *local, pp_bytes bytes) {
    const pp_chain *chain = local->follower.chain;
    const pp_genesis *genesis = pp_chain_genesis(chain);
    pp_chain_info info;
    pp_block block;
    pp_chain_info_get(&info, chain);
    const char *why = NULL;
    if (!pp_block_decode(&block, bytes))
        why = "no block";
    else if (block.height != info.height + 1)
        why = "a block of another height";
    else if (genesis->has_signer
                 ? !pp_block_is_signed(&block, bytes, &info.genesis, &genesis->signer)
                 : pp_chain_process(chain, bytes) != PP_CHAIN_OK)
        why = "a block that the network's signer has not signed";
    return why == NULL || pp_err_set(err, PP_EXIT_USAGE, "in place of block %llu came %s",
                                     (unsigned long long)info.height + 1, why);
}

bool pp_local_append(pp_err *err, pp_chain_result *result, size_t *taken, pp_local *local,
                     uint64_t time, const pp_bytes *items, size_t items_len) {
    pp_follower *f = &local->follower;
    pp_chain_info info;
    pp_chain_info_get(&info, f->chain);
    uint64_t height = info.height + 1;
    PP_ASSERT(height == local->log.records);
    if (height > local->beacon->len)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: the beacon has no value left for block %llu",
                          local->log.path, (unsigned long long)height);
    size_t size, in;
    pp_hash32 value;
    pp_beacon_at(&value, local->beacon, height);
    uint8_t *block = pp_chain_propose(&size, &in, f->chain, time, &value, items, items_len);
    if (taken) *taken = in;
    if (pp_chain_genesis(f->chain)->has_signer)
        pp_block_sign(&block, &size, &info.genesis, local->key);
    return take(err, result, local, block, size);
}

pp_bytes pp_local_block(const pp_local *local) {
    return local->view;
}

uint64_t pp_local_base(const pp_local *local, uint64_t *next) {
    if (next) *next = local->log.first;
    return local->log.base;
}

uint64_t pp_local_records(const pp_local *local) {
    return local->log.records;
}

void pp_local_span(uint64_t *offset, size_t *size, const pp_local *local, uint64_t height) {
    pp_log_span(offset, size, &local->log, height);
}

pp_chain *pp_local_chain(pp_local *local) {
    return local->follower.chain;
}

uint64_t pp_local_shard_ns(const pp_local *local) {
    uint64_t ns = local->follower.checks.shard_ns;
    return ns > 0 ? ns : 1;
}
