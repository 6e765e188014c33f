// SPDX-License-Identifier: MIT OR Apache-2.0
// The log, for readers with a file of their own: what is written never changes.
#include <errno.h>
#include <unistd.h>

#include "node/internal.h"

static bool read_log(uint8_t *out, size_t size, const pp_node *node, uint64_t offset) {
    while (size > 0) {
        ssize_t n = pread(node->log_fd, out, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        out += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

// With the lock.
static uint64_t begin_of(const pp_node *node, uint64_t height) {
    PP_ASSERT(height < node->ends_len);
    return (height == 0 ? 0 : node->ends[height - 1]) + PP_LOG_HEADER_SIZE;
}
static size_t size_of(const pp_node *node, uint64_t height) {
    return (size_t)(node->ends[height] - PP_LOG_LINK_SIZE - begin_of(node, height));
}

size_t pp_node_block_size(pp_node *node, uint64_t height) {
    pthread_mutex_lock(&node->lock);
    size_t size = size_of(node, height);
    pthread_mutex_unlock(&node->lock);
    return size;
}

bool pp_node_bytes(uint8_t *out, size_t size, pp_node *node, uint64_t height, size_t offset) {
    pthread_mutex_lock(&node->lock);
    uint64_t begin = begin_of(node, height) + offset;
    PP_ASSERT(offset + size <= size_of(node, height));
    pthread_mutex_unlock(&node->lock);
    return read_log(out, size, node, begin);
}

// Blocks ahead of the next one that an answer waits for: a wait must come to an end by itself.
enum { WAIT_AHEAD = 64 };

pp_node_records pp_node_records_from(pp_node *node, uint64_t height, size_t max) {
    pp_node_records r = {.height = height, .end = height};
    pthread_mutex_lock(&node->lock);
    r.far = height > node->ends_len + WAIT_AHEAD;
    r.pruned = height > 0 && height <= node->base ? node->base : 0;
    for (; r.pruned == 0 && r.end < node->ends_len; r.end++) {
        size_t next = 4 + size_of(node, r.end);
        if (r.end > height && r.size + next > max) break;
        r.size += next;
    }
    pthread_mutex_unlock(&node->lock);
    return r;
}

size_t pp_node_records_read(uint8_t *out, size_t max, pp_node *node, pp_node_records *r) {
    size_t got = 0;
    while (r->height < r->end) {
        size_t size = pp_node_block_size(node, r->height);
        if (r->offset == 0) {
            if (max - got <= 4) break;
            pp_store_le32(out + got, (uint32_t)size);
            got += 4;
        }
        size_t left = size - r->offset, n = left < max - got ? left : max - got;
        if (!pp_node_bytes(out + got, n, node, r->height, r->offset)) return 0;
        got += n;
        r->offset += n;
        if (n < left) break;
        r->offset = 0;
        r->height++;
    }
    return got;
}
