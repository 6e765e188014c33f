// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "state/cells.h"

// A node's bytes: a checksum of a secret, its digest and what follows, the kind in 4 bytes, then
// what a leaf holds, or two digests, 4 bytes more, and where these two stand; all as in memory. The
// checksum tells damage, and places that mean another file: of bytes that somebody chose, too, for
// he does not know the secret.
enum {
    CHECK = 8,
    LEAF_BYTES = CHECK + 4 + 60,
    NODE_BYTES = CHECK + 4 + 2 * PP_DIGEST_SIZE + 4 + 2 * 8,
    FIRST_MAP = 1 << 24,
    FIRST_TAIL = 1 << 20,
    FIRST_SLOTS = 1024,
};
static const uint64_t mix = 0x9e3779b97f4a7c15U;

static bool fail(pp_err *err, const char *path, const char *what, int why) {
    return pp_err_set(err, PP_EXIT_USAGE, "state %s: cannot %s: %s", path, what, strerror(why));
}

static bool no_memory(pp_err *err) {
    return pp_err_set(err, PP_EXIT_USAGE, "state: out of memory");
}

bool pp_nodes_open(pp_err *err, pp_nodes *nodes, const char *path) {
    memset(nodes, 0, sizeof *nodes);
    nodes->fd = -1;
    if (path) {
        char name[4096 + 16];
        snprintf(name, sizeof name, "%s/nodes", path);
        nodes->fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (nodes->fd < 0 || unlink(name) != 0) {
            int why = errno;
            pp_nodes_close(nodes);
            return fail(err, path, "write", why);
        }
    }
    const bool drawn = getrandom(&nodes->secret, sizeof nodes->secret, 0) == sizeof nodes->secret;
    if (drawn && pp_nodes_reserve(err, nodes, 1)) return true;
    pp_nodes_close(nodes);
    return drawn ? false : fail(err, path ? path : "(memory)", "draw a random number", errno);
}

void pp_nodes_close(pp_nodes *nodes) {
    if (nodes->map) munmap((void *)(uintptr_t)nodes->map, nodes->map_len);
    if (nodes->fd >= 0) close(nodes->fd);
    free(nodes->tail);
    free(nodes->slots);
    memset(nodes, 0, sizeof *nodes);
    nodes->fd = -1;
}

uint64_t pp_nodes_bytes(const pp_nodes *nodes) {
    return nodes->size + nodes->tail_len;
}

void pp_nodes_cut(pp_nodes *nodes, uint64_t bytes, uint64_t count) {
    nodes->tail_len = (size_t)(bytes - nodes->size);
    nodes->count = count;
}

// Maps the file for reading, as long as it is to be and as much again, so that this is rare.
static bool map_file(pp_err *err, pp_nodes *nodes, const char *path, uint64_t size) {
    size_t len = FIRST_MAP;
    while (len < 2 * size) len *= 2;
    void *map = mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_NORESERVE, nodes->fd, 0);
    if (map == MAP_FAILED) return fail(err, path, "map", errno);
    if (nodes->map) munmap((void *)(uintptr_t)nodes->map, nodes->map_len);
    nodes->map = map;
    nodes->map_len = len;
    return true;
}

bool pp_nodes_flush(pp_err *err, pp_nodes *nodes, const char *path) {
    if (nodes->fd < 0) return true;
    uint64_t at = nodes->size, end = pp_nodes_bytes(nodes);
    while (at < end) {
        ssize_t n =
            pwrite(nodes->fd, nodes->tail + (at - nodes->size), (size_t)(end - at), (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return fail(err, path, "write", n < 0 ? errno : EIO);
        at += (uint64_t)n;
    }
    if (end > nodes->map_len && !map_file(err, nodes, path, end)) return false;
    nodes->size = end;
    nodes->tail_len = 0;
    return true;
}

// The bytes at an offset, *got of them.
static const uint8_t *bytes_at(const pp_nodes *nodes, size_t *got, uint64_t at) {
    const bool written = at < nodes->size;
    const uint64_t end = written ? nodes->size : pp_nodes_bytes(nodes);
    if (at >= end) return NULL;
    *got = (size_t)(end - at);
    return written ? nodes->map + at : nodes->tail + (at - nodes->size);
}

static uint64_t checksum(uint64_t secret, const pp_digest *digest, const uint8_t *bytes,
                         size_t size) {
    uint64_t w, h = secret ^ size;
    for (size_t i = 0; i < PP_DIGEST_LEN; i++) h = (h ^ digest->e[i].v) * mix;
    for (size_t i = CHECK; i < size; i += sizeof w) {
        memcpy(&w, bytes + i, sizeof w);
        h = (h ^ w) * mix;
        h ^= h >> 32;
    }
    return h;
}

static size_t size_of(uint32_t kind) {
    return kind == PP_CELL_LEAF ? LEAF_BYTES : NODE_BYTES;
}

static size_t pack(uint8_t out[NODE_BYTES], uint64_t secret, const pp_digest *digest,
                   const pp_state_node *node) {
    _Static_assert(sizeof(pp_account) == 40, "a leaf's 60 bytes");
    const uint32_t kind = node->leaf ? PP_CELL_LEAF : PP_CELL_NODE;
    uint8_t *at = out + CHECK;
    memset(out, 0, NODE_BYTES);
    memcpy(at, &kind, 4);
    if (node->leaf) {
        memcpy(at + 4, &node->address, 20);
        memcpy(at + 24, &node->account, sizeof node->account);
    } else {
        memcpy(at + 4, &node->left, PP_DIGEST_SIZE);
        memcpy(at + 4 + PP_DIGEST_SIZE, &node->right, PP_DIGEST_SIZE);
        memcpy(out + NODE_BYTES - sizeof node->where, node->where, sizeof node->where);
    }
    uint64_t check = checksum(secret, digest, out, size_of(kind));
    memcpy(out, &check, sizeof check);
    return size_of(kind);
}

static void take_node(pp_state_node *node, const uint8_t *bytes) {
    const uint8_t *at = bytes + CHECK;
    uint32_t kind;
    memcpy(&kind, at, sizeof kind);
    node->leaf = kind == PP_CELL_LEAF;
    if (node->leaf) {
        memcpy(&node->address, at + 4, 20);
        memcpy(&node->account, at + 24, sizeof node->account);
    } else {
        memcpy(&node->left, at + 4, PP_DIGEST_SIZE);
        memcpy(&node->right, at + 4 + PP_DIGEST_SIZE, PP_DIGEST_SIZE);
        memcpy(node->where, bytes + NODE_BYTES - sizeof node->where, sizeof node->where);
    }
}

// False when the bytes are not those of the node with this digest.
static bool unpack(pp_state_node *node, const uint8_t *bytes, size_t got, uint64_t secret,
                   const pp_digest *digest) {
    uint64_t check;
    uint32_t kind;
    if (got < LEAF_BYTES) return false;
    memcpy(&check, bytes, sizeof check);
    memcpy(&kind, bytes + CHECK, sizeof kind);
    if (got < size_of(kind) || check != checksum(secret, digest, bytes, size_of(kind)))
        return false;
    take_node(node, bytes);
    return true;
}

// The node with this digest, when it stands there.
static bool read_at(const pp_nodes *nodes, pp_state_node *out, const pp_digest *digest,
                    uint64_t where) {
    size_t got;
    const uint8_t *bytes = bytes_at(nodes, &got, where - 1);
    return bytes && unpack(out, bytes, got, nodes->secret, digest);
}

bool pp_nodes_append(pp_err *err, pp_nodes *nodes, uint64_t *where, const pp_digest *digest,
                     const pp_state_node *node) {
    if (nodes->tail_max - nodes->tail_len < NODE_BYTES) {
        size_t max = 2 * nodes->tail_max + FIRST_TAIL;
        uint8_t *bigger = realloc(nodes->tail, max);
        if (!bigger) return no_memory(err);
        nodes->tail = bigger;
        nodes->tail_max = max;
    }
    *where = pp_nodes_bytes(nodes) + 1;
    nodes->tail_len += pack(nodes->tail + nodes->tail_len, nodes->secret, digest, node);
    nodes->count++;
    return true;
}

// ---- the index ----------------------------------------------------------------------------------

static uint64_t hash_of(const pp_digest *digest) {
    uint64_t h;
    memcpy(&h, digest, sizeof h);
    return h * mix;
}

static size_t place(size_t slots_max, uint64_t hash) {
    return (size_t)(hash >> 20) & (slots_max - 1);
}

static void put_slot(pp_nodes_slot *slots, size_t max, pp_nodes_slot s) {
    size_t i = place(max, s.hash);
    while (slots[i].where != 0) i = (i + 1) & (max - 1);
    slots[i] = s;
}

bool pp_nodes_reserve(pp_err *err, pp_nodes *nodes, size_t more) {
    size_t max = nodes->slots_max ? nodes->slots_max : FIRST_SLOTS;
    while (max / 2 < nodes->slots_len + more) max *= 2;
    if (max == nodes->slots_max) return true;
    pp_nodes_slot *slots = calloc(max, sizeof *slots);
    if (!slots) return no_memory(err);
    for (size_t i = 0; i < nodes->slots_max; i++)
        if (nodes->slots[i].where != 0) put_slot(slots, max, nodes->slots[i]);
    free(nodes->slots);
    nodes->slots = slots;
    nodes->slots_max = max;
    return true;
}

void pp_nodes_enter(pp_nodes *nodes, const pp_digest *digest, uint64_t where) {
    put_slot(nodes->slots, nodes->slots_max, (pp_nodes_slot){hash_of(digest), where});
    nodes->slots_len++;
}

bool pp_nodes_look_up(const pp_nodes *nodes, pp_state_node *out, uint64_t *where,
                      const pp_digest *digest) {
    uint64_t hash = hash_of(digest);
    for (size_t i = place(nodes->slots_max, hash); nodes->slots[i].where != 0;
         i = (i + 1) & (nodes->slots_max - 1)) {
        *where = nodes->slots[i].where;
        if (nodes->slots[i].hash == hash && read_at(nodes, out, digest, *where)) return true;
    }
    return false;
}

bool pp_nodes_find(const pp_nodes *nodes, pp_state_node *out, const pp_digest *digest,
                   uint64_t where) {
    return (where != 0 && read_at(nodes, out, digest, where)) ||
           pp_nodes_look_up(nodes, out, &where, digest);
}
