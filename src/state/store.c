// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/cells.h"

enum {
    CACHE = 1 << 16, // nodes: the top of the trees, and what was written last
    FIRST_SLOTS = 1024,
    PENDING = 1 << 20,                   // bytes that wait to be written while states are copied
    DUE = 1 << 24,                       // bytes that are not worth being forgotten
    LEAF_BYTES = 1 + PP_STATE_LEAF_SIZE, // of an encoded node: state.h
    NODE_BYTES = 1 + 2 * PP_DIGEST_SIZE,
};

// Where a node begins, and 64 bits of its digest.
typedef struct slot {
    uint64_t hash;
    uint64_t at; // plus one; 0: free
} slot;

// A node whose digest was seen to be right.
typedef struct cached {
    pp_digest digest;
    bool used;
    pp_state_node node;
} cached;

struct pp_store {
    char path[4096];
    int fd;           // of the file `nodes`; -1: all of it stays pending, in memory
    uint64_t size;    // bytes in the file
    uint8_t *pending; // what stands behind them
    size_t pending_len, pending_max;
    slot *slots; // at most half full
    size_t slots_len, slots_max;
    cached *cache; // CACHE places, one for each digest
    uint64_t kept; // bytes after the last pp_store_keep
    pp_err err;    // the sentence behind the last STORAGE or MISSING
};

static bool fail(pp_err *err, const pp_store *store, const char *what, int why) {
    return pp_err_set(err, PP_EXIT_USAGE, "state %s: cannot %s: %s", store->path, what,
                      strerror(why));
}

static bool no_memory(pp_err *err) {
    return pp_err_set(err, PP_EXIT_USAGE, "state: out of memory");
}

// ---- bytes --------------------------------------------------------------------------------------

static bool push(pp_err *err, pp_store *store, const uint8_t *data, size_t size) {
    if (store->pending_max - store->pending_len < size) {
        size_t max = 2 * store->pending_max + PENDING;
        uint8_t *bigger = realloc(store->pending, max);
        if (!bigger) return no_memory(err);
        store->pending = bigger;
        store->pending_max = max;
    }
    memcpy(store->pending + store->pending_len, data, size);
    store->pending_len += size;
    return true;
}

// Writes what is pending to the file; all of it or nothing.
static bool flush(pp_err *err, pp_store *store) {
    size_t done = 0;
    if (store->fd < 0) return true;
    while (done < store->pending_len) {
        ssize_t n = pwrite(store->fd, store->pending + done, store->pending_len - done,
                           (off_t)(store->size + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return fail(err, store, "write", n < 0 ? errno : EIO);
        done += (size_t)n;
    }
    store->size += done;
    store->pending_len = 0;
    return true;
}

static bool read_node(pp_store *store, pp_state_node *out, uint64_t at) {
    uint8_t bytes[NODE_BYTES];
    size_t got = 0;
    if (at >= store->size) {
        size_t from = (size_t)(at - store->size), left = store->pending_len - from;
        got = left < NODE_BYTES ? left : NODE_BYTES;
        memcpy(bytes, store->pending + from, got);
    }
    for (bool more = got == 0; more;) {
        ssize_t n = pread(store->fd, bytes + got, sizeof bytes - got, (off_t)(at + got));
        if (n < 0 && errno == EINTR) continue;
        if (n > 0) got += (size_t)n;
        more = n > 0 && got < sizeof bytes;
    }
    if (got == 0) return false;
    size_t size = bytes[0] == PP_CELL_LEAF ? LEAF_BYTES : NODE_BYTES;
    return size <= got && pp_state_node_decode(out, (pp_bytes){bytes, size});
}

// ---- the index ----------------------------------------------------------------------------------

static uint64_t hash_of(const pp_digest *digest) {
    uint64_t h;
    memcpy(&h, digest, sizeof h);
    return h * 0x9e3779b97f4a7c15U;
}

static size_t place(const pp_store *store, uint64_t hash) {
    return (size_t)(hash >> 20) & (store->slots_max - 1);
}

static void put_slot(slot *slots, size_t max, slot s) {
    size_t i = (size_t)(s.hash >> 20) & (max - 1);
    while (slots[i].at != 0) i = (i + 1) & (max - 1);
    slots[i] = s;
}

// Room for `more` nodes, so that entering them cannot fail.
static bool reserve(pp_err *err, pp_store *store, size_t more) {
    size_t max = store->slots_max ? store->slots_max : FIRST_SLOTS;
    if (!store->cache) store->cache = calloc(CACHE, sizeof *store->cache);
    if (!store->cache) return no_memory(err);
    while (max / 2 < store->slots_len + more) max *= 2;
    if (max == store->slots_max) return true;
    slot *slots = calloc(max, sizeof *slots);
    if (!slots) return no_memory(err);
    for (size_t i = 0; i < store->slots_max; i++)
        if (store->slots[i].at != 0) put_slot(slots, max, store->slots[i]);
    free(store->slots);
    store->slots = slots;
    store->slots_max = max;
    return true;
}

static void enter(pp_store *store, const pp_digest *digest, uint64_t at) {
    put_slot(store->slots, store->slots_max, (slot){hash_of(digest), at + 1});
    store->slots_len++;
}

static cached *cache_place(const pp_store *store, const pp_digest *digest) {
    return &store->cache[hash_of(digest) >> 48 & (CACHE - 1)];
}

static void remember(pp_store *store, const pp_digest *digest, const pp_state_node *node) {
    *cache_place(store, digest) = (cached){*digest, true, *node};
}

// The node with this digest, hashed again where it comes from the file: a digest that only looks
// alike, or damage, is none.
static bool find(pp_store *store, pp_state_node *out, const pp_digest *digest) {
    uint64_t hash = hash_of(digest);
    const cached *c = cache_place(store, digest);
    if (c->used && memcmp(&c->digest, digest, sizeof *digest) == 0) {
        *out = c->node;
        return true;
    }
    if (store->slots_len == 0) return false;
    for (size_t i = place(store, hash); store->slots[i].at != 0;
         i = (i + 1) & (store->slots_max - 1)) {
        pp_digest found;
        if (store->slots[i].hash != hash || !read_node(store, out, store->slots[i].at - 1))
            continue;
        pp_state_node_digest(&found, out);
        if (memcmp(&found, digest, sizeof found) != 0) continue;
        remember(store, digest, out);
        return true;
    }
    return false;
}

static bool is_empty(const pp_digest *digest) {
    static const pp_digest none; // pp_state_empty_root
    return memcmp(digest, &none, sizeof none) == 0;
}

// ---- open and close -----------------------------------------------------------------------------

static bool open_file(pp_err *err, pp_store *store, const char *name) {
    char path[sizeof store->path + 16];
    snprintf(path, sizeof path, "%s/%s", store->path, name);
    store->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return store->fd >= 0 || fail(err, store, "write", errno);
}

bool pp_store_open(pp_err *err, pp_store **out, const char *path, unsigned flags) {
    *out = NULL;
    pp_store *store = calloc(1, sizeof *store);
    if (!store) return no_memory(err);
    bool memory = flags & PP_STORE_MEMORY, ok = true;
    store->fd = -1;
    int n = snprintf(store->path, sizeof store->path, "%s", memory ? "(memory)" : path);
    if (n < 0 || (size_t)n >= sizeof store->path)
        ok = pp_err_set(err, PP_EXIT_USAGE, "state %s: the path is too long", store->path);
    else if (!memory && mkdir(path, 0777) != 0 && errno != EEXIST)
        ok = fail(err, store, "make the folder", errno);
    ok = ok && (memory || open_file(err, store, "nodes")) && reserve(err, store, 1);
    if (!ok) {
        pp_store_close(store);
        return false;
    }
    *out = store;
    return true;
}

static void remove_file(const pp_store *store, const char *name) {
    char path[sizeof store->path + 16];
    snprintf(path, sizeof path, "%s/%s", store->path, name);
    (void)unlink(path);
}

void pp_store_close(pp_store *store) {
    if (!store) return;
    if (store->fd >= 0) {
        close(store->fd);
        remove_file(store, "nodes");
        (void)rmdir(store->path);
    }
    free(store->pending);
    free(store->slots);
    free(store->cache);
    free(store);
}

// ---- reading ------------------------------------------------------------------------------------

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size != 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

static pp_state_status load(void *ctx, pp_state_node *out, const pp_digest *digest) {
    pp_store *store = ctx;
    if (find(store, out, digest)) return PP_STATE_OK;
    uint8_t key[PP_DIGEST_SIZE];
    char hex[2 * PP_DIGEST_SIZE + 1];
    pp_digest_encode(key, digest);
    pp_hex_encode(hex, key, PP_DIGEST_SIZE);
    pp_err_set(&store->err, PP_EXIT_USAGE,
               "state %s: node %s is not there, or damaged on disk; start again: it is made anew",
               store->path, hex);
    return PP_STATE_MISSING;
}

bool pp_store_has(pp_store *store, const pp_digest *root) {
    pp_state_node node;
    return is_empty(root) || find(store, &node, root);
}

bool pp_store_explain(pp_err *err, const pp_store *store, pp_state_status status) {
    if (err && (status == PP_STATE_STORAGE || status == PP_STATE_MISSING) && store->err.exit_code)
        *err = store->err;
    else
        pp_err_set(err, PP_EXIT_USAGE, "state %s: %s", store->path, pp_state_status_name(status));
    return false;
}

bool pp_store_view(pp_err *err, pp_store *store, pp_state *state, const pp_digest *root) {
    pp_state_node node;
    memset(state, 0, sizeof *state);
    pp_state_status st = is_empty(root) ? PP_STATE_OK : load(store, &node, root);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    pp_state_source source = {
        .ctx = store, .load = load, .resize = heap_resize, .hash = pp_state_hash_many};
    st = pp_state_open(state, &source, root);
    if (st == PP_STATE_OK) return true;
    pp_state_close(state);
    return pp_store_explain(err, store, st);
}

// ---- writing ------------------------------------------------------------------------------------

// New nodes on their way: entered once their bytes are written.
typedef struct entering {
    pp_store *store;
    pp_err err;
    pp_digest *digests;
    uint64_t *places;
    size_t len, max;
    bool written; // the second walk: into the cache
} entering;

static bool save(void *ctx, const pp_digest *digest, const pp_state_node *node) {
    entering *e = ctx;
    uint8_t bytes[PP_STATE_NODE_MAX];
    if (e->written) {
        remember(e->store, digest, node);
        return true;
    }
    if (e->len == e->max) {
        e->max = e->max ? 2 * e->max : 1024;
        pp_digest *digests = realloc(e->digests, e->max * sizeof *digests);
        if (digests) e->digests = digests;
        uint64_t *places = realloc(e->places, e->max * sizeof *places);
        if (places) e->places = places;
        if (!digests || !places) return no_memory(&e->err);
    }
    e->digests[e->len] = *digest;
    e->places[e->len++] = e->store->size + e->store->pending_len;
    return push(&e->err, e->store, bytes, pp_state_node_encode(bytes, node));
}

bool pp_store_commit(pp_err *err, pp_store *store, pp_state *state, pp_digest *root) {
    pp_state_status st = pp_state_root(state, root);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    entering e = {.store = store};
    size_t before = store->pending_len;
    bool ok = pp_state_new_nodes(state, &e, save) && reserve(&e.err, store, e.len) &&
              flush(&e.err, store);
    if (!ok) store->pending_len = before;
    for (size_t i = 0; ok && i < e.len; i++) enter(store, &e.digests[i], e.places[i]);
    e.written = true;
    ok = ok && pp_state_new_nodes(state, &e, save);
    free(e.digests);
    free(e.places);
    if (!ok && err) *err = e.err;
    return ok;
}

// ---- forgetting ---------------------------------------------------------------------------------

bool pp_store_is_due(const pp_store *store) {
    return store->size + store->pending_len > 4 * store->kept + DUE;
}

// Depth of recursion: at most PP_STATE_DEPTH, as in the states that were stored.
static bool copy(pp_err *err, pp_store *to, pp_store *from, const pp_digest *digest) {
    pp_state_node node, there;
    uint8_t bytes[PP_STATE_NODE_MAX];
    if (is_empty(digest) || find(to, &there, digest)) return true;
    pp_state_status st = load(from, &node, digest);
    if (st != PP_STATE_OK) return pp_store_explain(err, from, st);
    if (!node.leaf && (!copy(err, to, from, &node.left) || !copy(err, to, from, &node.right)))
        return false;
    uint64_t at = to->size + to->pending_len;
    if (!reserve(err, to, 1) || !push(err, to, bytes, pp_state_node_encode(bytes, &node)))
        return false;
    enter(to, digest, at);
    return to->pending_len < PENDING || flush(err, to);
}

static bool take_over(pp_err *err, pp_store *store, pp_store *next) {
    char from[sizeof store->path + 16], to[sizeof store->path + 16];
    snprintf(from, sizeof from, "%s/nodes.new", store->path);
    snprintf(to, sizeof to, "%s/nodes", store->path);
    if (store->fd >= 0 && rename(from, to) != 0) return fail(err, store, "write", errno);
    if (store->fd >= 0) close(store->fd);
    free(store->pending);
    free(store->slots);
    free(store->cache);
    next->kept = next->size + next->pending_len;
    *store = *next;
    return true;
}

static void drop(pp_store *store) {
    free(store->pending);
    free(store->slots);
    free(store->cache);
    free(store);
}

// These states in a store of their own, in the file `name` or, without one, in memory. NULL with a
// sentence when that failed.
static pp_store *copy_roots(pp_err *err, pp_store *store, const pp_digest *roots, size_t len,
                            const char *name) {
    pp_store *next = calloc(1, sizeof *next);
    if (!next) {
        no_memory(err);
        return NULL;
    }
    memcpy(next->path, store->path, sizeof next->path);
    next->fd = -1;
    bool ok = (name == NULL || open_file(err, next, name)) && reserve(err, next, 1);
    for (size_t i = 0; ok && i < len; i++) ok = copy(err, next, store, &roots[i]);
    if (ok && flush(err, next)) return next;
    if (next->fd >= 0) {
        close(next->fd);
        remove_file(next, name);
    }
    drop(next);
    return NULL;
}

bool pp_store_keep(pp_err *err, pp_store *store, const pp_digest *roots, size_t len) {
    static const char name[] = "nodes.new";
    pp_store *next = copy_roots(err, store, roots, len, store->fd < 0 ? NULL : name);
    if (!next) return false;
    if (take_over(err, store, next)) {
        free(next);
        return true;
    }
    close(next->fd);
    remove_file(next, name);
    drop(next);
    return false;
}

// ---- walking ------------------------------------------------------------------------------------

// Depth of recursion: at most PP_STATE_DEPTH, as in the states that were stored.
bool pp_store_each(pp_err *err, pp_store *store, const pp_digest *root, void *ctx,
                   void (*each)(void *ctx, const pp_address *address, const pp_account *account)) {
    pp_state_node node;
    if (is_empty(root)) return true;
    pp_state_status st = load(store, &node, root);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    if (node.leaf) each(ctx, &node.address, &node.account);
    return node.leaf || (pp_store_each(err, store, &node.left, ctx, each) &&
                         pp_store_each(err, store, &node.right, ctx, each));
}

// ---- copies -------------------------------------------------------------------------------------

bool pp_store_save(pp_err *err, uint8_t **out, size_t *out_size, pp_store *store,
                   const pp_digest *roots, size_t len) {
    pp_store *copied = copy_roots(err, store, roots, len, NULL);
    if (!copied) return false;
    *out_size = copied->pending_len;
    *out = copied->pending ? copied->pending : malloc(1);
    copied->pending = NULL;
    drop(copied);
    return *out != NULL || no_memory(err);
}

bool pp_store_load(pp_err *err, pp_store *store, pp_bytes bytes) {
    while (bytes.size > 0) {
        pp_state_node node, there;
        pp_digest digest;
        size_t size = bytes.data[0] == PP_CELL_LEAF ? LEAF_BYTES : NODE_BYTES;
        if (size > bytes.size || !pp_state_node_decode(&node, (pp_bytes){bytes.data, size}))
            return pp_err_set(err, PP_EXIT_NO, "these are no nodes of a state");
        pp_state_node_digest(&digest, &node);
        if (!find(store, &there, &digest)) {
            uint64_t at = store->size + store->pending_len;
            if (!reserve(err, store, 1) || !push(err, store, bytes.data, size)) return false;
            enter(store, &digest, at);
            if (store->pending_len >= PENDING && !flush(err, store)) return false;
        }
        bytes.data += size;
        bytes.size -= size;
    }
    if (!flush(err, store)) return false;
    store->kept = store->size + store->pending_len;
    return true;
}

void pp_store_size(const pp_store *store, uint64_t *nodes, uint64_t *bytes) {
    *nodes = store->slots_len;
    *bytes = store->size + store->pending_len;
}
