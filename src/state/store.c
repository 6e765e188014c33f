// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// The file grows to what it holds; the map is address space, doubled when it is used up.
#define MAP_FIRST ((size_t)1 << 28)
#define MAP_MAX ((size_t)1 << 42)

// Heap twin of the database: open addressing by digest.
typedef struct heap_item {
    pp_digest digest;
    bool used;
    pp_state_node node;
} heap_item;

struct pp_store {
    char path[4096];
    bool read_only;
    MDB_env *env; // NULL: PP_STORE_MEMORY
    MDB_dbi dbi;
    MDB_txn *reader; // reset between loads
    pp_err err;      // the sentence behind the last STORAGE or MISSING
    heap_item *heap;
    size_t heap_len, heap_max;
};

// LMDB calls a write that was cut short EIO: one more, beside its file and as far out, says why.
static int cut_short(const pp_store *store) {
    char path[sizeof store->path + 16];
    struct stat st;
    uint8_t page[4096] = {1};
    int why = EIO;
    snprintf(path, sizeof path, "%s/data.mdb", store->path);
    off_t end = stat(path, &st) == 0 ? st.st_size : 0;
    snprintf(path, sizeof path, "%s/full", store->path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return errno;
    ssize_t n = pwrite(fd, page, sizeof page, end);
    if (n < 0) why = errno;
    if (n >= 0 && (size_t)n < sizeof page && pwrite(fd, page, sizeof page, end + n) < 0)
        why = errno;
    close(fd);
    unlink(path);
    return why;
}

static bool fail(pp_err *err, const pp_store *store, const char *what, int rc) {
    if (rc == EIO && store->env) rc = cut_short(store);
    const char *why = mdb_strerror(rc);
    if (rc == MDB_MAP_FULL) why = "no address space left for its map";
    if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH || rc == MDB_CORRUPTED)
        why = "the file is not a state database, or is damaged";
    return pp_err_set(err, PP_EXIT_USAGE, "state %s: cannot %s: %s", store->path, what, why);
}

// --- memory for views ---

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size != 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

// --- heap store ---

static heap_item *heap_find(heap_item *items, size_t max, const pp_digest *digest) {
    uint64_t h;
    memcpy(&h, digest, sizeof h);
    size_t at = (size_t)(h * 0x9e3779b97f4a7c15U >> 20) & (max - 1);
    while (items[at].used && memcmp(&items[at].digest, digest, sizeof *digest) != 0)
        at = (at + 1) & (max - 1);
    return &items[at];
}

static bool heap_put(pp_store *store, const pp_digest *digest, const pp_state_node *node) {
    if (2 * store->heap_len >= store->heap_max) {
        size_t max = store->heap_max ? 2 * store->heap_max : 1024;
        heap_item *items = calloc(max, sizeof *items);
        if (!items) return pp_err_set(&store->err, PP_EXIT_USAGE, "state: out of memory");
        for (size_t i = 0; i < store->heap_max; i++)
            if (store->heap[i].used)
                *heap_find(items, max, &store->heap[i].digest) = store->heap[i];
        free(store->heap);
        store->heap = items;
        store->heap_max = max;
    }
    heap_item *item = heap_find(store->heap, store->heap_max, digest);
    if (!item->used) store->heap_len++;
    *item = (heap_item){.digest = *digest, .used = true, .node = *node};
    return true;
}

// --- open and close ---

static bool map_size(pp_err *err, pp_store *store) {
    MDB_envinfo info;
    int rc = mdb_env_info(store->env, &info);
    if (rc == 0 && info.me_mapsize < MAP_FIRST) rc = mdb_env_set_mapsize(store->env, MAP_FIRST);
    return rc == 0 || fail(err, store, "map", rc);
}

static bool open_database(pp_err *err, pp_store *store) {
    MDB_txn *txn;
    unsigned flags = store->read_only ? MDB_RDONLY : 0;
    int rc = mdb_txn_begin(store->env, NULL, flags, &txn);
    if (rc != 0) return fail(err, store, "read", rc);
    rc = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return fail(err, store, "read", rc);
    }
    rc = mdb_txn_commit(txn);
    return rc == 0 || fail(err, store, "open", rc);
}

static bool open_env(pp_err *err, pp_store *store) {
    if (!store->read_only && mkdir(store->path, 0777) != 0 && errno != EEXIST)
        return fail(err, store, "make the folder", errno);
    int rc = mdb_env_create(&store->env);
    if (rc != 0) return fail(err, store, "open", rc);
    unsigned flags = MDB_NOTLS | (store->read_only ? MDB_RDONLY : 0U);
    rc = mdb_env_open(store->env, store->path, flags, 0666);
    if (rc != 0) return fail(err, store, "open", rc);
    if (!store->read_only && access(store->path, W_OK) != 0)
        return fail(err, store, "write", errno);
    return map_size(err, store) && open_database(err, store);
}

bool pp_store_open(pp_err *err, pp_store **out, const char *path, unsigned flags) {
    *out = NULL;
    pp_store *store = calloc(1, sizeof *store);
    if (!store) return pp_err_set(err, PP_EXIT_USAGE, "state: out of memory");
    bool memory = flags & PP_STORE_MEMORY;
    int n = snprintf(store->path, sizeof store->path, "%s", memory ? "(memory)" : path);
    store->read_only = flags & PP_STORE_READ_ONLY;
    bool ok = memory;
    if (n < 0 || (size_t)n >= sizeof store->path)
        ok = pp_err_set(err, PP_EXIT_USAGE, "state %s: the path is too long", store->path);
    else if (!memory)
        ok = open_env(err, store);
    if (!ok) {
        pp_store_close(store);
        return false;
    }
    *out = store;
    return true;
}

void pp_store_close(pp_store *store) {
    if (!store) return;
    if (store->reader) mdb_txn_abort(store->reader);
    if (store->env) mdb_env_close(store->env);
    free(store->heap);
    free(store);
}

// --- reading ---

static int begin_read(pp_store *store) {
    if (store->reader) return mdb_txn_renew(store->reader);
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->reader);
    if (rc == MDB_MAP_RESIZED) { // another process has grown it
        rc = mdb_env_set_mapsize(store->env, 0);
        if (rc == 0) rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->reader);
    }
    if (rc != 0) store->reader = NULL;
    return rc;
}

static pp_state_status missing(pp_store *store, const uint8_t key[PP_DIGEST_SIZE]) {
    char hex[2 * PP_DIGEST_SIZE + 1];
    pp_hex_encode(hex, key, PP_DIGEST_SIZE);
    pp_err_set(&store->err, PP_EXIT_USAGE, "state %s: node %s is not there", store->path, hex);
    return PP_STATE_MISSING;
}

static pp_state_status load_heap(pp_store *store, pp_state_node *out, const pp_digest *digest,
                                 const uint8_t key[PP_DIGEST_SIZE]) {
    const heap_item *item =
        store->heap_max ? heap_find(store->heap, store->heap_max, digest) : NULL;
    if (!item || !item->used) return missing(store, key);
    *out = item->node;
    return PP_STATE_OK;
}

static pp_state_status load_lmdb(pp_store *store, pp_state_node *out, const pp_digest *digest,
                                 uint8_t key_bytes[PP_DIGEST_SIZE]) {
    int rc = begin_read(store);
    if (rc != 0) {
        fail(&store->err, store, "read", rc);
        return PP_STATE_STORAGE;
    }
    MDB_val key = {PP_DIGEST_SIZE, key_bytes}, value;
    rc = mdb_get(store->reader, store->dbi, &key, &value);
    bool ok = rc == 0 && pp_state_node_decode(out, (pp_bytes){value.mv_data, value.mv_size});
    mdb_txn_reset(store->reader);
    if (rc == MDB_NOTFOUND) return missing(store, key_bytes);
    if (rc != 0) {
        fail(&store->err, store, "read", rc);
        return PP_STATE_STORAGE;
    }
    pp_digest found;
    if (ok) pp_state_node_digest(&found, out);
    if (ok && memcmp(&found, digest, sizeof found) == 0) return PP_STATE_OK;
    char hex[2 * PP_DIGEST_SIZE + 1];
    pp_hex_encode(hex, key_bytes, PP_DIGEST_SIZE);
    pp_err_set(&store->err, PP_EXIT_USAGE, "state %s: node %s is damaged on disk", store->path,
               hex);
    return PP_STATE_STORAGE;
}

static pp_state_status load(void *ctx, pp_state_node *out, const pp_digest *digest) {
    pp_store *store = ctx;
    uint8_t key[PP_DIGEST_SIZE];
    pp_digest_encode(key, digest);
    return store->env ? load_lmdb(store, out, digest, key) : load_heap(store, out, digest, key);
}

bool pp_store_has(pp_store *store, const pp_digest *root) {
    pp_digest empty;
    pp_state_node node;
    pp_state_empty_root(&empty);
    return memcmp(&empty, root, sizeof empty) == 0 || load(store, &node, root) == PP_STATE_OK;
}

bool pp_store_explain(pp_err *err, const pp_store *store, pp_state_status status) {
    if (err && (status == PP_STATE_STORAGE || status == PP_STATE_MISSING) && store->err.exit_code)
        *err = store->err;
    else
        pp_err_set(err, PP_EXIT_USAGE, "state %s: %s", store->path, pp_state_status_name(status));
    return false;
}

bool pp_store_view(pp_err *err, pp_store *store, pp_state *state, const pp_digest *root) {
    pp_digest empty;
    pp_state_node node;
    memset(state, 0, sizeof *state);
    pp_state_empty_root(&empty);
    if (memcmp(&empty, root, sizeof empty) != 0) {
        pp_state_status st = load(store, &node, root);
        if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    }
    pp_state_source source = {.ctx = store, .load = load, .resize = heap_resize};
    pp_state_status st = pp_state_open(state, &source, root);
    if (st == PP_STATE_OK) return true;
    pp_state_close(state);
    return pp_store_explain(err, store, st);
}

// --- writing ---

typedef struct save_job {
    pp_store *store;
    MDB_txn *txn;
    int rc;
} save_job;

static bool save(void *ctx, const pp_digest *digest, const pp_state_node *node) {
    save_job *job = ctx;
    if (!job->store->env) return heap_put(job->store, digest, node);
    uint8_t key_bytes[PP_DIGEST_SIZE], bytes[PP_STATE_NODE_MAX];
    pp_digest_encode(key_bytes, digest);
    MDB_val key = {sizeof key_bytes, key_bytes};
    MDB_val value = {pp_state_node_encode(bytes, node), bytes};
    job->rc = mdb_put(job->txn, job->store->dbi, &key, &value, 0);
    return job->rc == 0;
}

static int write_nodes(pp_store *store, const pp_state *state) {
    save_job job = {.store = store};
    int rc = mdb_txn_begin(store->env, NULL, 0, &job.txn);
    if (rc != 0) return rc;
    if (pp_state_new_nodes(state, &job, save)) return mdb_txn_commit(job.txn);
    mdb_txn_abort(job.txn);
    return job.rc;
}

static bool grow_map(pp_store *store) {
    MDB_envinfo info;
    if (mdb_env_info(store->env, &info) != 0 || info.me_mapsize >= MAP_MAX) return false;
    if (store->reader) mdb_txn_abort(store->reader);
    store->reader = NULL;
    return mdb_env_set_mapsize(store->env, 2 * info.me_mapsize) == 0;
}

bool pp_store_commit(pp_err *err, pp_store *store, pp_state *state, pp_digest *root) {
    pp_state_status st = pp_state_root(state, root);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    if (store->read_only)
        return pp_err_set(err, PP_EXIT_USAGE, "state %s: opened for reading only", store->path);
    if (!store->env) {
        save_job job = {.store = store};
        if (pp_state_new_nodes(state, &job, save)) return true;
        if (err) *err = store->err;
        return false;
    }
    int rc = write_nodes(store, state);
    while (rc == MDB_MAP_FULL && grow_map(store)) rc = write_nodes(store, state);
    return rc == 0 || fail(err, store, "write", rc);
}

void pp_store_size(pp_store *store, uint64_t *nodes, uint64_t *bytes) {
    *nodes = store->heap_len;
    *bytes = 0;
    if (!store->env) return;
    MDB_stat stat;
    MDB_envinfo info;
    if (mdb_env_stat(store->env, &stat) != 0 || mdb_env_info(store->env, &info) != 0) return;
    *nodes = stat.ms_entries;
    *bytes = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
}
