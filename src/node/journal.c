// SPDX-License-Identifier: MIT OR Apache-2.0
#include "node/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hash/keccak.h"
#include "rollup/rollup.h"

enum { HEAD = 12 };
#define FILE_MAX ((size_t)1 << 30)

static void head_encode(uint8_t out[HEAD], pp_bytes raw) {
    pp_hash32 hash;
    pp_keccak256(&hash, raw.data, raw.size);
    pp_store_le32(out, (uint32_t)raw.size);
    memcpy(out + 4, hash.b, HEAD - 4);
}

static bool fail(pp_err *err, const pp_journal *j, const char *what) {
    return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot %s: %s", j->path, what, strerror(errno));
}

// The bytes of `data` that are whole records.
static size_t hand_out(const uint8_t *data, size_t size, void (*on_tx)(void *ctx, pp_bytes raw),
                       void *ctx) {
    size_t at = 0;
    while (size - at >= HEAD) {
        uint8_t head[HEAD];
        pp_bytes raw = {data + at + HEAD, pp_load_le32(data + at)};
        if (raw.size > PP_ROLLUP_TX_SIZE_MAX || raw.size > size - at - HEAD) break;
        head_encode(head, raw);
        if (memcmp(head, data + at, HEAD) != 0) break;
        on_tx(ctx, raw);
        at += HEAD + raw.size;
    }
    return at;
}

bool pp_journal_open(pp_err *err, pp_journal *j, const char *dir,
                     void (*on_tx)(void *ctx, pp_bytes raw), void *ctx) {
    memset(j, 0, sizeof *j);
    snprintf(j->path, sizeof j->path, "%s/pool.log", dir);
    // A new one's name is on disk before anything in it is told to be safe.
    j->fd = -1;
    if (access(j->path, F_OK) != 0 && !pp_file_write(err, j->path, NULL, 0, 0600)) return false;
    j->fd = open(j->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_APPEND);
    if (j->fd < 0) return fail(err, j, "open");
    uint8_t *data;
    size_t size;
    if (!pp_file_read(err, &data, &size, j->path, FILE_MAX)) {
        pp_journal_close(j);
        return false;
    }
    j->size = hand_out(data, size, on_tx, ctx);
    free(data);
    if (j->size == size || (ftruncate(j->fd, (off_t)j->size) == 0 && fsync(j->fd) == 0))
        return true;
    fail(err, j, "cut its torn tail off");
    pp_journal_close(j);
    return false;
}

static void put(pp_journal *j, pp_bytes raw) {
    size_t need = j->buffer_size + HEAD + raw.size;
    if (need > j->buffer_max) {
        j->buffer_max = 2 * need;
        uint8_t *bigger = realloc(j->buffer, j->buffer_max);
        PP_ASSERT(bigger != NULL);
        j->buffer = bigger;
    }
    PP_ASSERT(j->buffer != NULL);
    head_encode(j->buffer + j->buffer_size, raw);
    memcpy(j->buffer + j->buffer_size + HEAD, raw.data, raw.size);
    j->buffer_size = need;
}

void pp_journal_add(pp_journal *j, pp_bytes raw) {
    put(j, raw);
    j->taken++;
}

pp_journal_part pp_journal_take(pp_journal *j) {
    pp_journal_part part = {.data = j->buffer, .size = j->buffer_size, .taken = j->taken};
    j->buffer = NULL;
    j->buffer_size = j->buffer_max = 0;
    return part;
}

pp_journal_part pp_journal_whole(pp_journal *j, const pp_bytes *raws, size_t len) {
    free(j->buffer);
    j->buffer = NULL;
    j->buffer_size = j->buffer_max = 0;
    for (size_t i = 0; i < len; i++) put(j, raws[i]);
    pp_journal_part part = pp_journal_take(j);
    part.whole = true;
    return part;
}

static bool write_all(int fd, const uint8_t *data, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO;
        if (n <= 0) return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

static bool write_whole(pp_err *err, const pp_journal *j, pp_journal_part *part) {
    if (!pp_file_write(err, j->path, part->data, part->size, 0600)) return false;
    part->fd = open(j->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_APPEND);
    return part->fd >= 0 || fail(err, j, "open");
}

static bool write_more(pp_err *err, const pp_journal *j, const pp_journal_part *part) {
    return (write_all(j->fd, part->data, part->size) && fdatasync(j->fd) == 0) ||
           fail(err, j, "write");
}

bool pp_journal_write(pp_err *err, const pp_journal *j, pp_journal_part *part) {
    bool ok = part->whole ? write_whole(err, j, part) : write_more(err, j, part);
    free(part->data);
    part->data = NULL;
    return ok;
}

void pp_journal_wrote(pp_journal *j, const pp_journal_part *part) {
    if (part->whole) {
        close(j->fd);
        j->fd = part->fd;
        j->size = 0;
    }
    j->size += part->size;
    j->safe = part->taken;
}

void pp_journal_close(pp_journal *j) {
    if (j->fd >= 0) close(j->fd);
    free(j->buffer);
    j->fd = -1;
    j->buffer = NULL;
    j->buffer_size = j->buffer_max = 0;
}
