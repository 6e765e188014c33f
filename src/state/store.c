// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/fault.h"
#include "state/seal.h"

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
    bool opened;     // LMDB has opened its file
    bool spent;      // LMDB was given up half-way: it is not called again, nor closed
    pp_err err;      // the sentence behind the last STORAGE or MISSING
    heap_item *heap;
    size_t heap_len, heap_max;
};

// --- LMDB, called so that a damaged file or a full disk is a return code ---

#define FAULTED (-1) // none of LMDB's codes, which are below -30000, and no errno

// One call of LMDB: what to do, and what came of it.
typedef struct lmdb_call {
    pp_store *store;
    int (*run)(pp_store *store, struct lmdb_call *call);
    MDB_txn *txn;  // of a write
    MDB_val key;   // of a get or put
    MDB_val value; // of a put; of a get its size, and `bytes` the beginning of it
    size_t size;   // of the file
    uint8_t bytes[PP_STATE_NODE_MAX];
    int rc;
} lmdb_call;

static void run_call(void *arg) {
    lmdb_call *call = arg;
    call->rc = call->run(call->store, call);
}

static int lmdb(pp_store *store, int (*run)(pp_store *, lmdb_call *), lmdb_call *call) {
    call->store = store;
    call->run = run;
    if (!store->spent && pp_fault_guard(run_call, call)) return call->rc;
    store->spent = true;
    return FAULTED;
}

static void on_assert(MDB_env *env, const char *what) {
    (void)env, (void)what;
    pp_fault_raise();
}

// LMDB calls a write that was cut short EIO, and a full disk may show as a fault: one write more,
// beside its file and as far out, says why.
static int write_error(const pp_store *store) {
    char path[sizeof store->path + 16];
    struct stat st;
    uint8_t page[4096] = {1};
    int why = EIO;
    if (store->read_only) return why;
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

// The way out of every damage: nodes are made anew from the log that they came from.
#define REMOVE "remove that folder and start again: it is made anew from the log"

static bool fail(pp_err *err, const pp_store *store, const char *what, int rc) {
    if ((rc == EIO || rc == FAULTED) && store->env) {
        int why = write_error(store);
        if (rc == EIO || why != EIO) rc = why;
    }
    if (rc == FAULTED || rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH || rc == MDB_CORRUPTED ||
        rc == MDB_PAGE_NOTFOUND || rc == MDB_PANIC || rc == MDB_BAD_TXN || rc == MDB_INCOMPATIBLE)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "state %s: cannot %s: its file is cut short, damaged, or no state "
                          "database; " REMOVE,
                          store->path, what);
    const char *why = mdb_strerror(rc);
    if (rc == MDB_MAP_FULL) why = "no address space left for its map";
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

static int run_open(pp_store *store, lmdb_call *call) {
    (void)call;
    unsigned read_only = store->read_only ? MDB_RDONLY : 0;
    // Nothing is synced before it is closed: what was not closed is made anew.
    int rc = mdb_env_open(store->env, store->path, MDB_NOTLS | MDB_NOSYNC | read_only, 0666);
    MDB_envinfo info;
    if (rc == 0) rc = mdb_env_info(store->env, &info);
    if (rc == 0 && info.me_mapsize < MAP_FIRST) rc = mdb_env_set_mapsize(store->env, MAP_FIRST);
    MDB_txn *txn;
    if (rc == 0) rc = mdb_txn_begin(store->env, NULL, read_only, &txn);
    if (rc != 0) return rc;
    rc = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    if (rc == 0) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

static bool open_files(pp_err *err, pp_store *store) {
    int rc = mdb_env_create(&store->env);
    if (rc == 0) rc = mdb_env_set_assert(store->env, on_assert);
    if (rc != 0) return fail(err, store, "open", rc);
    lmdb_call call;
    rc = lmdb(store, run_open, &call);
    store->opened = rc == 0;
    return rc == 0 || fail(err, store, "open", rc);
}

static void remove_files(const pp_store *store) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "closed"};
    char path[sizeof store->path + 16];
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", store->path, files[i]);
        unlink(path);
    }
}

static bool open_env(pp_err *err, pp_store *store) {
    if (store->read_only) {
        if (pp_seal_holds(store->path)) return open_files(err, store);
        return pp_err_set(
            err, PP_EXIT_USAGE,
            "state %s: not as it was closed, or in use: whoever writes it makes it anew "
            "from the log",
            store->path);
    }
    if (mkdir(store->path, 0777) != 0 && errno != EEXIST)
        return fail(err, store, "make the folder", errno);
    if (access(store->path, W_OK) != 0) return fail(err, store, "write", errno);
    if (!pp_seal_holds(store->path)) remove_files(store);
    if (!pp_seal_break(store->path)) return fail(err, store, "write", errno);
    return open_files(err, store);
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

static int run_close(pp_store *store, lmdb_call *call) {
    (void)call;
    if (store->reader) mdb_txn_abort(store->reader);
    int rc = store->read_only ? 0 : mdb_env_sync(store->env, 1);
    mdb_env_close(store->env);
    return rc;
}

void pp_store_close(pp_store *store) {
    if (!store) return;
    lmdb_call call;
    // One given up half-way stays open, and unsealed.
    if (store->env && lmdb(store, run_close, &call) == 0 && store->opened && !store->read_only)
        pp_seal_make(store->path);
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

static int run_get(pp_store *store, lmdb_call *call) {
    int rc = begin_read(store);
    if (rc != 0) return rc;
    rc = mdb_get(store->reader, store->dbi, &call->key, &call->value);
    if (rc == 0 && call->value.mv_size <= sizeof call->bytes)
        memcpy(call->bytes, call->value.mv_data, call->value.mv_size);
    mdb_txn_reset(store->reader);
    return rc;
}

static pp_state_status missing(pp_store *store, const uint8_t key[PP_DIGEST_SIZE]) {
    char hex[2 * PP_DIGEST_SIZE + 1];
    pp_hex_encode(hex, key, PP_DIGEST_SIZE);
    pp_err_set(&store->err, PP_EXIT_USAGE, "state %s: node %s is not there; " REMOVE, store->path,
               hex);
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
                                 uint8_t key[PP_DIGEST_SIZE]) {
    lmdb_call call = {.key = {PP_DIGEST_SIZE, key}};
    int rc = lmdb(store, run_get, &call);
    if (rc == MDB_NOTFOUND) return missing(store, key);
    if (rc != 0) {
        fail(&store->err, store, "read", rc);
        return PP_STATE_STORAGE;
    }
    pp_digest found;
    bool ok = call.value.mv_size <= sizeof call.bytes &&
              pp_state_node_decode(out, (pp_bytes){call.bytes, call.value.mv_size});
    if (ok) pp_state_node_digest(&found, out);
    if (ok && memcmp(&found, digest, sizeof found) == 0) return PP_STATE_OK;
    char hex[2 * PP_DIGEST_SIZE + 1];
    pp_hex_encode(hex, key, PP_DIGEST_SIZE);
    pp_err_set(&store->err, PP_EXIT_USAGE, "state %s: node %s is damaged on disk; " REMOVE,
               store->path, hex);
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

static int run_begin(pp_store *store, lmdb_call *call) {
    return mdb_txn_begin(store->env, NULL, 0, &call->txn);
}
static int run_put(pp_store *store, lmdb_call *call) {
    return mdb_put(call->txn, store->dbi, &call->key, &call->value, 0);
}
static int run_commit(pp_store *store, lmdb_call *call) {
    (void)store;
    return mdb_txn_commit(call->txn);
}
static int run_abort(pp_store *store, lmdb_call *call) {
    (void)store;
    mdb_txn_abort(call->txn);
    return 0;
}

static bool save(void *ctx, const pp_digest *digest, const pp_state_node *node) {
    lmdb_call *call = ctx;
    if (!call->store->env) return heap_put(call->store, digest, node);
    uint8_t key[PP_DIGEST_SIZE];
    pp_digest_encode(key, digest);
    call->key = (MDB_val){sizeof key, key};
    call->value = (MDB_val){pp_state_node_encode(call->bytes, node), call->bytes};
    return lmdb(call->store, run_put, call) == 0;
}

static int write_nodes(pp_store *store, const pp_state *state) {
    lmdb_call call;
    int rc = lmdb(store, run_begin, &call);
    if (rc != 0) return rc;
    if (pp_state_new_nodes(state, &call, save)) return lmdb(store, run_commit, &call);
    rc = store->spent ? FAULTED : call.rc;
    if (lmdb(store, run_abort, &call) != 0) return FAULTED;
    return rc;
}

static int run_grow(pp_store *store, lmdb_call *call) {
    MDB_envinfo info;
    int rc = mdb_env_info(store->env, &info);
    if (rc != 0) return rc;
    if (info.me_mapsize >= MAP_MAX) return MDB_MAP_FULL;
    if (store->reader) mdb_txn_abort(store->reader);
    store->reader = NULL;
    (void)call;
    return mdb_env_set_mapsize(store->env, 2 * info.me_mapsize);
}

static bool grow_map(pp_store *store) {
    lmdb_call call;
    return lmdb(store, run_grow, &call) == 0;
}

bool pp_store_commit(pp_err *err, pp_store *store, pp_state *state, pp_digest *root) {
    pp_state_status st = pp_state_root(state, root);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    if (store->read_only)
        return pp_err_set(err, PP_EXIT_USAGE, "state %s: opened for reading only", store->path);
    if (!store->env) {
        lmdb_call call = {.store = store};
        if (pp_state_new_nodes(state, &call, save)) return true;
        if (err) *err = store->err;
        return false;
    }
    int rc = write_nodes(store, state);
    while (rc == MDB_MAP_FULL && grow_map(store)) rc = write_nodes(store, state);
    return rc == 0 || fail(err, store, "write", rc);
}

static int run_size(pp_store *store, lmdb_call *call) {
    MDB_stat stat;
    MDB_envinfo info;
    int rc = mdb_env_stat(store->env, &stat);
    if (rc == 0) rc = mdb_env_info(store->env, &info);
    if (rc != 0) return rc;
    call->value.mv_size = stat.ms_entries;
    call->size = (size_t)(info.me_last_pgno + 1) * stat.ms_psize;
    return 0;
}

void pp_store_size(pp_store *store, uint64_t *nodes, uint64_t *bytes) {
    lmdb_call call;
    *nodes = store->heap_len;
    *bytes = 0;
    if (!store->env || lmdb(store, run_size, &call) != 0) return;
    *nodes = call.value.mv_size;
    *bytes = call.size;
}
