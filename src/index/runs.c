// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/runs.h"

#include <stdlib.h>

#define MOST ((size_t)1 << 35) // bytes of address space: for two billion

static void begin(pp_runs *runs, size_t run_len) {
    *runs = (pp_runs){.run_len = run_len, .fresh = calloc(run_len, sizeof *runs->fresh)};
    PP_ASSERT(runs->fresh != NULL);
}

bool pp_runs_open(pp_err *err, pp_runs *runs, const char *dir, const char *name, size_t run_len) {
    begin(runs, run_len);
    return pp_far_open(err, &runs->far, dir, name, MOST);
}

bool pp_runs_save(pp_err *err, pp_runs *runs, pp_wire *out) {
    if (!pp_far_save(err, &runs->far, out, runs->far.size)) return false;
    pp_wire_u64(out, runs->fresh_len);
    for (size_t i = 0; i < runs->fresh_len; i++) pp_wire_u32(out, runs->fresh[i].at);
    return true;
}

bool pp_runs_load(pp_err *err, pp_runs *runs, pp_reader *saved, const char *dir, const char *name,
                  size_t run_len, const uint8_t *(*key_of)(const void *ctx, uint32_t at),
                  const void *ctx) {
    begin(runs, run_len);
    if (!pp_far_load(err, &runs->far, saved, dir, name, MOST)) return false;
    uint64_t len = pp_read_u64(saved);
    bool ok =
        saved->ok && len <= run_len && runs->far.size % (run_len * sizeof(pp_runs_entry)) == 0;
    for (uint64_t i = 0; ok && i < len; i++) {
        uint32_t at = pp_read_u32(saved);
        const uint8_t *key = saved->ok ? key_of(ctx, at) : NULL;
        ok = key != NULL && pp_runs_add(err, runs, key, at);
    }
    return ok || pp_err_set(err, PP_EXIT_NO,
                            "the index's file %s is not the one that belongs to it", name);
}

static int by_key(const void *a, const void *b) {
    const pp_runs_entry *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

bool pp_runs_add(pp_err *err, pp_runs *runs, const uint8_t *key, uint32_t at) {
    if (runs->fresh_len == runs->run_len) {
        size_t size = runs->run_len * sizeof *runs->fresh;
        void *run = pp_far_add(err, &runs->far, size);
        if (run == NULL) return false;
        qsort(runs->fresh, runs->run_len, sizeof *runs->fresh, by_key);
        memcpy(run, runs->fresh, size);
        runs->fresh_len = 0;
        pp_table_free(&runs->recent);
    }
    pp_table_add(&runs->recent, key, at);
    runs->fresh[runs->fresh_len++] = (pp_runs_entry){pp_load_le64(key), at};
    return true;
}

// The first of a run whose key is not below.
static size_t first_of(const pp_runs_entry *run, size_t len, uint64_t key) {
    size_t low = 0, high = len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (run[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

uint32_t pp_runs_find(const pp_runs *runs, const uint8_t *key,
                      bool (*same)(const void *ctx, uint32_t at, const uint8_t *key),
                      const void *ctx) {
    uint32_t at = pp_table_find(&runs->recent, key, same, ctx);
    if (at != PP_TABLE_NONE) return at;
    const pp_runs_entry *all = pp_far_items(&runs->far);
    uint64_t wanted = pp_load_le64(key);
    for (size_t end = runs->far.size / sizeof *all; end > 0; end -= runs->run_len) {
        const pp_runs_entry *run = all + (end - runs->run_len);
        for (size_t i = first_of(run, runs->run_len, wanted);
             i < runs->run_len && run[i].key == wanted; i++)
            if (same(ctx, run[i].at, key)) return run[i].at;
    }
    return PP_TABLE_NONE;
}

void pp_runs_close(pp_runs *runs) {
    pp_far_close(&runs->far);
    pp_table_free(&runs->recent);
    free(runs->fresh);
    memset(runs, 0, sizeof *runs);
}
