// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "hash/keccak.h"

static const uint8_t magic[4] = {'P', 'P', 'L', 'R'}, base_magic[4] = {'P', 'P', 'L', 'B'};
static const char link_tag[] = "polypoly/log/1";

// ---- one record's bytes -----------------------------------------------------------------------

static void header_encode(uint8_t out[PP_LOG_HEADER_SIZE], const uint8_t kind[4], uint32_t size,
                          uint64_t height, const pp_hash32 *before) {
    memcpy(out, kind, 4);
    pp_store_le32(out + 4, size);
    pp_store_le64(out + 8, height);
    memcpy(out + 16, before->b, 32);
    pp_hash32 sum;
    pp_keccak256(&sum, out, 48);
    memcpy(out + 48, sum.b, 8);
}

static void link_compute(pp_hash32 *out, const uint8_t header[PP_LOG_HEADER_SIZE],
                         pp_bytes payload) {
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, link_tag, sizeof link_tag - 1);
    pp_keccak_update(&k, header, PP_LOG_HEADER_SIZE);
    pp_keccak_update(&k, payload.data, payload.size);
    pp_keccak_final(&k, out);
}

// A whole record.
static void record_encode(uint8_t *out, const uint8_t kind[4], uint64_t height,
                          const pp_hash32 *before, pp_bytes payload, pp_hash32 *link) {
    header_encode(out, kind, (uint32_t)payload.size, height, before);
    if (payload.size > 0) memcpy(out + PP_LOG_HEADER_SIZE, payload.data, payload.size);
    link_compute(link, out, payload);
    memcpy(out + PP_LOG_HEADER_SIZE + payload.size, link->b, PP_LOG_LINK_SIZE);
}

enum { BASE_SIZE = PP_LOG_HEADER_SIZE + PP_LOG_LINK_SIZE + PP_LOG_LINK_SIZE };

// ---- files ------------------------------------------------------------------------------------

static bool grow(pp_err *err, pp_log *log, size_t size) {
    if (size <= log->buffer_size) return true;
    uint8_t *bigger = realloc(log->buffer, size);
    if (bigger == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: no memory for a record of %zu bytes", log->path,
                          size);
    log->buffer = bigger;
    log->buffer_size = size;
    return true;
}

// Reads up to size bytes at offset; *got is less only at the end of the file.
static bool read_at(pp_err *err, size_t *got, const pp_log *log, uint8_t *out, size_t size,
                    uint64_t offset) {
    *got = 0;
    while (*got < size) {
        ssize_t n = pread(log->fd, out + *got, size - *got, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read: %s", log->path,
                              strerror(errno));
        if (n == 0) return true;
        *got += (size_t)n;
    }
    return true;
}

static bool all_zero(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0) return false;
    return true;
}

static bool damaged(pp_err *err, const pp_log *log, uint64_t height, const char *what) {
    return pp_err_set(err, PP_EXIT_NO, "%s: block %llu is damaged: %s", log->path,
                      (unsigned long long)height, what);
}

// ---- what a power cut leaves --------------------------------------------------------------------
// Only the last record can be one that was never synced, and of its sectors each is on the disk or
// is not: it reads as zeros, or the file ends before it. So a record that does not check out, has
// nothing behind it, and has such a gap was cut short; one without a gap, or with a record behind
// it, is damaged.

enum { SECTOR = 512, GAP_MIN = 8 }; // bytes; fewer zeros than that may well be contents

// Whether a part of [offset, offset + size) that ends at a sector's edge, or at its own, is all
// zero.
static bool has_gap(const uint8_t *data, size_t size, uint64_t offset) {
    for (size_t at = 0; at < size;) {
        size_t left = SECTOR - (size_t)((offset + at) % SECTOR);
        if (left > size - at) left = size - at;
        if (left >= GAP_MIN && all_zero(data + at, left)) return true;
        at += left;
    }
    return false;
}

// Whether a record of this height begins anywhere behind offset; behind record 0 one of any: what
// says which blocks are gone may be the gap. True, too, where there is more than one record can be.
static bool goes_on(const pp_log *log, uint64_t offset, uint64_t height) {
    enum { CHUNK = 1 << 16 };
    uint8_t *chunk = malloc(CHUNK), expected[PP_LOG_HEADER_SIZE];
    bool found = chunk == NULL;
    for (uint64_t at = offset; !found;) {
        size_t got = 0;
        found = !read_at(NULL, &got, log, chunk, CHUNK, at) ||
                at - offset > (uint64_t)PP_LOG_PAYLOAD_MAX + CHUNK;
        for (size_t i = 0; !found && i + PP_LOG_HEADER_SIZE <= got; i++) {
            const uint8_t *h = chunk + i;
            if (h[0] != magic[0] || memcmp(h, magic, 4) != 0) continue;
            const uint64_t said = pp_load_le64(h + 8);
            if (height == 2 ? said < 2 : said != height) continue;
            header_encode(expected, magic, pp_load_le32(h + 4), said, (const pp_hash32 *)(h + 16));
            found = memcmp(expected, h, sizeof expected) == 0;
        }
        if (got < CHUNK) break;
        at += CHUNK - PP_LOG_HEADER_SIZE;
    }
    free(chunk);
    return found;
}

static uint64_t file_size(const pp_log *log) {
    struct stat st;
    return fstat(log->fd, &st) == 0 ? (uint64_t)st.st_size : UINT64_MAX;
}

// Behind record 0 there may stand what says that blocks are gone: the cursor moves on behind it.
static bool pass_base(pp_err *err, pp_log *log, pp_log_cursor *cursor) {
    uint8_t said[BASE_SIZE], expected[BASE_SIZE];
    size_t got;
    pp_hash32 link;
    if (!read_at(err, &got, log, said, sizeof said, cursor->offset)) return false;
    log->base = 0;
    if (got == sizeof said && memcmp(said, base_magic, 4) == 0) {
        uint64_t base = pp_load_le64(said + 8);
        record_encode(expected, base_magic, base, &cursor->link,
                      (pp_bytes){said + PP_LOG_HEADER_SIZE, PP_LOG_LINK_SIZE}, &link);
        if (base == 0 || base >= UINT64_MAX / 2 || memcmp(said, expected, sizeof said) != 0)
            return damaged(err, log, 1, "what says that blocks before it were pruned is wrong");
        log->base = base;
        cursor->height = base + 1;
        cursor->offset += sizeof said;
        memcpy(cursor->link.b, said + PP_LOG_HEADER_SIZE, PP_LOG_LINK_SIZE);
    }
    log->first = cursor->offset;
    log->base_link = cursor->link;
    return true;
}

bool pp_log_next(pp_err *err, bool *more, pp_log_record *record, pp_log *log,
                 pp_log_cursor *cursor) {
    *more = false;
    uint8_t header[PP_LOG_HEADER_SIZE];
    size_t got;
    if (cursor->height == 1 && !pass_base(err, log, cursor)) return false;
    if (!read_at(err, &got, log, header, sizeof header, cursor->offset)) return false;
    if (got < sizeof header) return true;
    uint8_t expected[PP_LOG_HEADER_SIZE];
    uint32_t size = pp_load_le32(header + 4);
    header_encode(expected, magic, size, pp_load_le64(header + 8),
                  (const pp_hash32 *)(header + 16));
    if (memcmp(header, expected, sizeof header) != 0) {
        if (has_gap(header, sizeof header, cursor->offset) &&
            !goes_on(log, cursor->offset, cursor->height + 1))
            return true;
        return damaged(err, log, cursor->height, "its header does not match its checksum");
    }
    if (pp_load_le64(header + 8) != cursor->height)
        return damaged(err, log, cursor->height, "a record of another height stands in its place");
    if (memcmp(header + 16, cursor->link.b, 32) != 0)
        return damaged(err, log, cursor->height, "it does not follow the block before it");
    if (size > PP_LOG_PAYLOAD_MAX)
        return damaged(err, log, cursor->height, "it is larger than a record may be");
    size_t body = (size_t)size + PP_LOG_LINK_SIZE;
    if (!grow(err, log, body)) return false;
    if (!read_at(err, &got, log, log->buffer, body, cursor->offset + sizeof header)) return false;
    if (got < body) return true;
    pp_hash32 link;
    link_compute(&link, header, (pp_bytes){log->buffer, size});
    if (memcmp(link.b, log->buffer + size, PP_LOG_LINK_SIZE) != 0) {
        uint64_t at = cursor->offset + sizeof header;
        if (file_size(log) <= at + body && has_gap(log->buffer, body, at)) return true;
        return damaged(err, log, cursor->height, "its contents do not match its checksum");
    }
    *record = (pp_log_record){cursor->height, {log->buffer, size}};
    *more = true;
    cursor->height++;
    cursor->offset += sizeof header + body;
    cursor->link = link;
    return true;
}

// ---- opening ----------------------------------------------------------------------------------

// Only a writer leaves its process id in the file, so it is named only where a writer holds it.
static bool in_use(pp_err *err, const pp_log *log, const char *dir) {
    char pid[24] = "";
    bool read = flock(log->lock_fd, LOCK_SH | LOCK_NB) == 0;
    ssize_t n = read ? 0 : pread(log->lock_fd, pid, sizeof pid - 1, 0);
    if (n > 0) pid[strspn(pid, "0123456789")] = 0;
    return pp_err_set(err, PP_EXIT_USAGE,
                      "%s: another polypoly process%s%s is %s this directory; wait for it or stop "
                      "it first",
                      dir, pid[0] ? " with process id " : "", pid, read ? "reading" : "using");
}

static bool take_lock(pp_err *err, pp_log *log, const char *dir) {
    char path[4096 + 8];
    snprintf(path, sizeof path, "%s/LOCK", dir);
    bool writing = log->mode == PP_LOG_WRITE;
    log->lock_fd = open(path, (writing ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0600);
    if (log->lock_fd < 0) {
        if (!writing && errno == ENOENT) return true; // nobody ever wrote here: nobody to keep out
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot %s: %s", path, writing ? "write" : "read",
                          strerror(errno));
    }
    if (flock(log->lock_fd, (writing ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0)
        return in_use(err, log, dir);
    if (writing) { // who holds it, for the sentence above; a full disk may refuse, harmlessly
        char pid[24];
        int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
        if (ftruncate(log->lock_fd, 0) != 0 || pwrite(log->lock_fd, pid, (size_t)n, 0) != n)
            return true;
    }
    return true;
}

// Place in log->ends of a record that is in the file.
static size_t place_of(const pp_log *log, uint64_t height) {
    return (size_t)(height == 0 ? 0 : height - log->base);
}

// Notes where the record of this height ends.
static bool note_end(pp_err *err, pp_log *log, uint64_t height, uint64_t end) {
    size_t place = place_of(log, height);
    if (place >= log->ends_max) {
        size_t max = log->ends_max ? 2 * log->ends_max : 1024;
        uint64_t *bigger = realloc(log->ends, max * sizeof *bigger);
        if (bigger == NULL)
            return pp_err_set(err, PP_EXIT_USAGE, "%s: no memory for the places of %zu blocks",
                              log->path, max);
        log->ends = bigger;
        log->ends_max = max;
    }
    log->ends[place] = end;
    return true;
}

// Where the record of this height begins.
static uint64_t begin_of(const pp_log *log, uint64_t height) {
    if (height == 0) return 0;
    return height == log->base + 1 ? log->first : log->ends[place_of(log, height) - 1];
}

void pp_log_span(uint64_t *offset, size_t *size, const pp_log *log, uint64_t height) {
    PP_ASSERT(pp_log_has(log, height));
    *offset = begin_of(log, height) + PP_LOG_HEADER_SIZE;
    *size = (size_t)(log->ends[place_of(log, height)] - *offset - PP_LOG_LINK_SIZE);
}

bool pp_log_link(pp_hash32 *out, const pp_log *log, uint64_t height) {
    size_t got;
    if (height == log->base && log->base > 0) {
        *out = log->base_link;
        return true;
    }
    PP_ASSERT(pp_log_has(log, height));
    return read_at(NULL, &got, log, out->b, PP_LOG_LINK_SIZE,
                   log->ends[place_of(log, height)] - PP_LOG_LINK_SIZE) &&
           got == PP_LOG_LINK_SIZE;
}

bool pp_log_seek(pp_err *err, pp_log_cursor *cursor, const pp_log *log, uint64_t height) {
    PP_ASSERT(height > log->base && height <= log->records);
    *cursor = (pp_log_cursor){.height = height, .offset = begin_of(log, height)};
    return pp_log_link(&cursor->link, log, height - 1) ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read block %llu", log->path,
                      (unsigned long long)height - 1);
}

static bool check_all(pp_err *err, pp_log *log) {
    pp_log_cursor cursor = {0};
    pp_log_record record;
    for (bool more = true; more;) {
        if (!pp_log_next(err, &more, &record, log, &cursor)) return false;
        if (!more) break;
        if (!note_end(err, log, record.height, cursor.offset)) return false;
    }
    log->records = cursor.height;
    log->end = cursor.offset;
    log->link = cursor.link;
    struct stat st;
    if (fstat(log->fd, &st) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", log->path, strerror(errno));
    log->torn_size = (uint64_t)st.st_size - log->end;
    if (log->torn_size == 0 || log->mode == PP_LOG_READ) return true;
    if (ftruncate(log->fd, (off_t)log->end) != 0 || fsync(log->fd) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot cut its torn tail off: %s", log->path,
                          strerror(errno));
    return true;
}

// What a kill left of files that were on their way (base/file.c).
static void remove_leftovers(const char *dir) {
    static const char *const names[] = {"chain.log.", "checked."};
    DIR *folder = opendir(dir);
    if (folder == NULL) return;
    int fd = dirfd(folder);
    for (const struct dirent *e; fd >= 0 && (e = readdir(folder)) != NULL;) {
        size_t len = strlen(e->d_name);
        bool ours = len > 4 && strcmp(e->d_name + len - 4, ".tmp") == 0 &&
                    (strncmp(e->d_name, names[0], strlen(names[0])) == 0 ||
                     strncmp(e->d_name, names[1], strlen(names[1])) == 0);
        if (ours) (void)unlinkat(fd, e->d_name, 0);
    }
    closedir(folder);
}

static bool open_in(pp_err *err, pp_log *log, const char *dir) {
    bool writing = log->mode == PP_LOG_WRITE;
    if (snprintf(log->path, sizeof log->path, "%s/chain.log", dir) >= (int)sizeof log->path)
        return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", dir);
    snprintf(log->dir, sizeof log->dir, "%s", dir);
    if (writing && !pp_folder_make_all(err, dir, 0755)) return false;
    if (!take_lock(err, log, dir)) return false;
    if (writing) remove_leftovers(dir);
    log->fd = open(log->path, (writing ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0644);
    if (log->fd < 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot %s: %s", log->path,
                          writing ? "write" : "read", strerror(errno));
    struct stat st;
    if (fstat(log->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: not a regular file", log->path);
    if (!check_all(err, log)) return false;
    if (!writing || log->records > 0 || pp_file_sync_name(log->path)) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot sync: %s", dir, strerror(errno));
}

bool pp_log_open(pp_err *err, pp_log *log, const char *dir, pp_log_mode mode) {
    memset(log, 0, sizeof *log);
    log->mode = mode;
    log->lock_fd = -1;
    log->fd = -1;
    if (open_in(err, log, dir)) return true;
    pp_log_close(log);
    return false;
}

// ---- appending --------------------------------------------------------------------------------

static bool write_at(int fd, const uint8_t *data, size_t size, uint64_t offset) {
    while (size > 0) {
        ssize_t n = pwrite(fd, data, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO;
        if (n <= 0) return false;
        data += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

bool pp_log_append(pp_err *err, pp_log *log, pp_bytes payload) {
    PP_ASSERT(log->fd >= 0 && log->mode == PP_LOG_WRITE);
    PP_ASSERT(payload.size <= PP_LOG_PAYLOAD_MAX);
    if (log->failed)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: an earlier write failed; start again",
                          log->path);
    size_t size = PP_LOG_HEADER_SIZE + payload.size + PP_LOG_LINK_SIZE;
    if (!grow(err, log, size) || !note_end(err, log, log->records, log->end + size)) return false;
    pp_hash32 link;
    record_encode(log->buffer, magic, log->records, &log->link, payload, &link);
    if (!write_at(log->fd, log->buffer, size, log->end)) {
        int saved = errno;
        log->failed = ftruncate(log->fd, (off_t)log->end) != 0;
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot write block %llu: %s; nothing is lost",
                          log->path, (unsigned long long)log->records, strerror(saved));
    }
    if (fdatasync(log->fd) != 0) {
        // After a failed sync the kernel may have dropped the pages: what is on disk is unknown
        // until the file is read anew.
        log->failed = true;
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: the disk failed to sync block %llu: %s; start again", log->path,
                          (unsigned long long)log->records, strerror(errno));
    }
    log->end += size;
    log->link = link;
    if (log->records++ > 0) return true;
    log->first = log->end;
    log->base_link = link;
    return true;
}

// ---- pruning ----------------------------------------------------------------------------------

// Copies [from, to) of the log.
static bool copy_part(pp_err *err, pp_file_out *out, const pp_log *log, uint64_t from,
                      uint64_t to) {
    uint8_t chunk[1 << 16];
    while (from < to) {
        size_t size = to - from < sizeof chunk ? (size_t)(to - from) : sizeof chunk, got;
        if (!read_at(err, &got, log, chunk, size, from)) return false;
        if (got < size) return pp_err_set(err, PP_EXIT_USAGE, "%s: shorter than it was", log->path);
        if (!pp_file_put(err, out, chunk, size)) return false;
        from += size;
    }
    return true;
}

// The file that takes the log's place.
static bool write_rest(pp_err *err, const pp_log *log, uint64_t base, const pp_hash32 *link) {
    uint8_t record[BASE_SIZE];
    pp_hash32 genesis, of_base;
    if (!pp_log_link(&genesis, log, 0))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read block 0", log->path);
    record_encode(record, base_magic, base, &genesis, (pp_bytes){link->b, PP_LOG_LINK_SIZE},
                  &of_base);
    pp_file_out out;
    if (!pp_file_begin(err, &out, log->path, 0644)) return false;
    bool ok = copy_part(err, &out, log, 0, log->ends[0]);
    ok = ok && pp_file_put(err, &out, record, sizeof record) &&
         copy_part(err, &out, log, begin_of(log, base + 1), log->end);
    if (!ok && out.fd >= 0) pp_file_drop(&out);
    return ok && pp_file_end(err, &out);
}

bool pp_log_prune(pp_err *err, pp_log *log, uint64_t base) {
    PP_ASSERT(log->mode == PP_LOG_WRITE && base > log->base && base < log->records);
    pp_hash32 link;
    if (log->failed || !pp_log_link(&link, log, base))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read block %llu", log->path,
                          (unsigned long long)base);
    if (!write_rest(err, log, base, &link)) return false;
    int fd = open(log->path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        log->failed = true;
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read: %s", log->path, strerror(errno));
    }
    close(log->fd);
    log->fd = fd;
    uint64_t gone = begin_of(log, base + 1) - (log->ends[0] + BASE_SIZE);
    size_t from = place_of(log, base), kept = (size_t)(log->records - 1 - base);
    for (size_t i = 1; i <= kept; i++) log->ends[i] = log->ends[from + i] - gone;
    log->first = log->ends[0] + BASE_SIZE;
    log->end -= gone;
    log->base = base;
    log->base_link = link;
    return true;
}

void pp_log_close(pp_log *log) {
    if (log->fd >= 0) close(log->fd);
    if (log->lock_fd >= 0) close(log->lock_fd);
    free(log->buffer);
    free(log->ends);
    log->fd = log->lock_fd = -1;
    log->buffer = NULL;
    log->ends = NULL;
    log->ends_max = 0;
    log->buffer_size = 0;
}
