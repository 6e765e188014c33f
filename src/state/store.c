// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/cells.h"
#include "state/nodes.h"

enum {
    PENDING = 1 << 20, // bytes that wait to be written while states are copied
    DUE = 1 << 24,     // bytes that are not worth being forgotten
};

// The index has every node there was when the nodes were last copied or loaded, and the roots since
// then: an open view that knows places from before a copy finds its nodes by it.
struct pp_store {
    char path[4096];
    bool memory; // no file
    pp_nodes nodes;
    uint64_t seed[3]; // pp_state_source
    uint64_t kept;    // bytes after the last pp_store_keep
    pp_err err;       // the sentence behind the last STORAGE or MISSING
};

static bool fail(pp_err *err, const pp_store *store, const char *what, int why) {
    return pp_err_set(err, PP_EXIT_USAGE, "state %s: cannot %s: %s", store->path, what,
                      strerror(why));
}

static bool no_memory(pp_err *err) {
    return pp_err_set(err, PP_EXIT_USAGE, "state: out of memory");
}

static bool is_empty(const pp_digest *digest) {
    static const pp_digest none; // pp_state_empty_root
    return memcmp(digest, &none, sizeof none) == 0;
}

// ---- open and close -----------------------------------------------------------------------------

static const char *folder_of(const pp_store *store) {
    return store->memory ? NULL : store->path;
}

bool pp_store_open(pp_err *err, pp_store **out, const char *path, unsigned flags) {
    *out = NULL;
    pp_store *store = calloc(1, sizeof *store);
    if (!store) return no_memory(err);
    store->memory = flags & PP_STORE_MEMORY;
    store->nodes.fd = -1;
    int n = snprintf(store->path, sizeof store->path, "%s", store->memory ? "(memory)" : path);
    bool ok = true;
    if (n < 0 || (size_t)n >= sizeof store->path)
        ok = pp_err_set(err, PP_EXIT_USAGE, "state %s: the path is too long", store->path);
    else if (!store->memory && mkdir(path, 0777) != 0 && errno != EEXIST)
        ok = fail(err, store, "make the folder", errno);
    else if (getrandom(store->seed, sizeof store->seed, 0) != sizeof store->seed)
        ok = fail(err, store, "draw random numbers", errno);
    ok = ok && pp_nodes_open(err, &store->nodes, folder_of(store));
    if (!ok) {
        pp_store_close(store);
        return false;
    }
    *out = store;
    return true;
}

void pp_store_close(pp_store *store) {
    if (!store) return;
    if (store->nodes.fd >= 0) (void)rmdir(store->path);
    pp_nodes_close(&store->nodes);
    free(store);
}

// ---- reading ------------------------------------------------------------------------------------

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size != 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

static pp_state_status load(void *ctx, pp_state_node *out, const pp_digest *digest,
                            uint64_t where) {
    pp_store *store = ctx;
    if (pp_nodes_find(&store->nodes, out, digest, where)) return PP_STATE_OK;
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
    return is_empty(root) || pp_nodes_find(&store->nodes, &node, root, 0);
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
    pp_state_status st = is_empty(root) ? PP_STATE_OK : load(store, &node, root, 0);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    pp_state_source source = {.seed = {store->seed[0], store->seed[1], store->seed[2]},

                              .ctx = store,
                              .load = load,
                              .resize = heap_resize,
                              .hash = pp_state_hash_many};
    st = pp_state_open(state, &source, root);
    if (st == PP_STATE_OK) return true;
    pp_state_close(state);
    return pp_store_explain(err, store, st);
}

// ---- writing ------------------------------------------------------------------------------------

typedef struct entering {
    pp_nodes *nodes;
    pp_err err;
    uint64_t where; // of the last, the root
} entering;

static bool save(void *ctx, uint64_t *where, const pp_digest *digest, const pp_state_node *node) {
    entering *e = ctx;
    if (!pp_nodes_append(&e->err, e->nodes, where, digest, node)) return false;
    e->where = *where;
    return true;
}

bool pp_store_commit(pp_err *err, pp_store *store, pp_state *state, pp_digest *root) {
    pp_state_status st = pp_state_root(state, root);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    pp_nodes *nodes = &store->nodes;
    entering e = {.nodes = nodes};
    uint64_t bytes = pp_nodes_bytes(nodes), count = nodes->count;
    bool ok = pp_nodes_reserve(&e.err, nodes, 1) && pp_state_new_nodes(state, &e, save) &&
              pp_nodes_flush(&e.err, nodes, store->path);
    if (ok && e.where != 0) pp_nodes_enter(nodes, root, e.where);
    if (ok) return true;
    pp_nodes_cut(nodes, bytes, count);
    if (err) *err = e.err;
    return false;
}

// ---- forgetting ---------------------------------------------------------------------------------

bool pp_store_is_due(const pp_store *store) {
    return pp_nodes_bytes(&store->nodes) > 4 * store->kept + DUE;
}

// Appends and enters a node; what has become much is written.
static bool add(pp_err *err, pp_nodes *to, const char *path, uint64_t *where,
                const pp_digest *digest, const pp_state_node *node) {
    if (!pp_nodes_reserve(err, to, 1) || !pp_nodes_append(err, to, where, digest, node))
        return false;
    pp_nodes_enter(to, digest, *where);
    return pp_nodes_bytes(to) - to->size < PENDING || pp_nodes_flush(err, to, path);
}

// The subtree with this digest, which is at *where in the store, and afterwards in `to`. Depth of
// recursion: at most PP_STATE_DEPTH, as in the states that were stored.
static bool copy(pp_err *err, pp_nodes *to, uint64_t *where, pp_store *from,
                 const pp_digest *digest) {
    pp_state_node node;
    uint64_t there = *where;
    *where = 0;
    if (is_empty(digest) || pp_nodes_look_up(to, &node, where, digest)) return true;
    pp_state_status st = load(from, &node, digest, there);
    if (st != PP_STATE_OK) return pp_store_explain(err, from, st);
    if (!node.leaf && (!copy(err, to, &node.where[0], from, &node.left) ||
                       !copy(err, to, &node.where[1], from, &node.right)))
        return false;
    return add(err, to, from->path, where, digest, &node);
}

// These states as nodes of their own, in a new file in the folder or, with NULL, in memory.
static bool copy_roots(pp_err *err, pp_nodes *to, pp_store *store, const pp_digest *roots,
                       size_t len, const char *path) {
    bool ok = pp_nodes_open(err, to, path);
    for (size_t i = 0; ok && i < len; i++) {
        uint64_t where = 0;
        ok = copy(err, to, &where, store, &roots[i]);
    }
    ok = ok && pp_nodes_flush(err, to, store->path);
    if (!ok) pp_nodes_close(to);
    return ok;
}

bool pp_store_keep(pp_err *err, pp_store *store, const pp_digest *roots, size_t len) {
    pp_nodes kept;
    if (!copy_roots(err, &kept, store, roots, len, folder_of(store))) return false;
    pp_nodes_close(&store->nodes);
    store->nodes = kept;
    store->kept = pp_nodes_bytes(&kept);
    return true;
}

// ---- walking ------------------------------------------------------------------------------------

// Depth of recursion: at most PP_STATE_DEPTH, as in the states that were stored.
static bool walk(pp_err *err, pp_store *store, const pp_digest *digest, uint64_t where, void *ctx,
                 void (*each)(void *ctx, const pp_address *address, const pp_account *account)) {
    pp_state_node node;
    if (is_empty(digest)) return true;
    pp_state_status st = load(store, &node, digest, where);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    if (node.leaf) each(ctx, &node.address, &node.account);
    return node.leaf || (walk(err, store, &node.left, node.where[0], ctx, each) &&
                         walk(err, store, &node.right, node.where[1], ctx, each));
}

bool pp_store_each(pp_err *err, pp_store *store, const pp_digest *root, void *ctx,
                   void (*each)(void *ctx, const pp_address *address, const pp_account *account)) {
    return walk(err, store, root, 0, ctx, each);
}

// ---- copies -------------------------------------------------------------------------------------

// A subtree and where it stands: 0: unknown.
typedef struct subtree {
    const pp_digest *digest;
    uint64_t where;
} subtree;

typedef struct saving {
    pp_store *store;
    bool (*put)(pp_err *err, void *ctx, const void *data, size_t size);
    void *ctx;
} saving;

static bool load_at(pp_err *err, pp_store *store, pp_state_node *out, subtree t) {
    pp_state_status st = load(store, out, t.digest, t.where);
    return st == PP_STATE_OK || pp_store_explain(err, store, st);
}

// The part of `now` below (side 0: left, 1: right) a node of it, or a leaf that stands higher up.
static subtree below(const pp_state_node *node, subtree now, int side) {
    if (is_empty(now.digest) || node->leaf) return now;
    return (subtree){side ? &node->right : &node->left, node->where[side]};
}

// What is new in `now` since `before`, which stood in its place. Depth of recursion as in copy.
static bool save_new(pp_err *err, const saving *s, subtree now, subtree before) {
    pp_state_node node, old = {.leaf = true};
    uint8_t bytes[PP_STATE_NODE_MAX];
    if (is_empty(now.digest) || memcmp(now.digest, before.digest, sizeof *now.digest) == 0)
        return true;
    if (!load_at(err, s->store, &node, now)) return false;
    if (!node.leaf) {
        if (!is_empty(before.digest) && !load_at(err, s->store, &old, before)) return false;
        for (int side = 0; side < 2; side++)
            if (!save_new(err, s, below(&node, now, side), below(&old, before, side))) return false;
    }
    return s->put(err, s->ctx, bytes, pp_state_node_encode(bytes, &node));
}

bool pp_store_save(pp_err *err, pp_store *store, const pp_digest *roots, size_t len,
                   bool (*put)(pp_err *err, void *ctx, const void *data, size_t size), void *ctx) {
    static const pp_digest none;
    const saving s = {store, put, ctx};
    for (size_t i = 0; i < len; i++)
        if (!save_new(err, &s, (subtree){&roots[i], 0}, (subtree){i ? &roots[i - 1] : &none, 0}))
            return false;
    return true;
}

// Where a node's child stands, for those before it in the same bytes; else it is looked up.
static uint64_t place_of(const pp_nodes *nodes, const pp_digest *digest) {
    pp_state_node node;
    uint64_t where;
    return pp_nodes_look_up(nodes, &node, &where, digest) ? where : 0;
}

bool pp_store_load(pp_err *err, pp_store *store, pp_bytes bytes) {
    pp_nodes *nodes = &store->nodes;
    while (bytes.size > 0) {
        pp_state_node node;
        pp_digest digest;
        uint64_t where;
        size_t size = bytes.data[0] == PP_CELL_LEAF ? 1 + PP_STATE_LEAF_SIZE : PP_STATE_NODE_MAX;
        if (size > bytes.size || !pp_state_node_decode(&node, (pp_bytes){bytes.data, size}))
            return pp_err_set(err, PP_EXIT_NO, "these are no nodes of a state");
        pp_state_node_digest(&digest, &node);
        if (!node.leaf) {
            node.where[0] = place_of(nodes, &node.left);
            node.where[1] = place_of(nodes, &node.right);
        }
        if (place_of(nodes, &digest) == 0 && !add(err, nodes, store->path, &where, &digest, &node))
            return false;
        bytes.data += size;
        bytes.size -= size;
    }
    if (!pp_nodes_flush(err, nodes, store->path)) return false;
    store->kept = pp_nodes_bytes(nodes);
    return true;
}

void pp_store_size(const pp_store *store, uint64_t *nodes, uint64_t *bytes) {
    *nodes = store->nodes.count;
    *bytes = pp_nodes_bytes(&store->nodes);
}
