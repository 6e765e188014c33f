// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/log_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

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
bool pp_log_read_at(pp_err *err, size_t *got, const pp_log *log, uint8_t *out, size_t size,
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

static bool damaged(pp_err *err, const pp_log *log, uint64_t height, const char *what) {
    return pp_err_set(err, PP_EXIT_NO, "%s: block %llu is damaged: %s", log->path,
                      (unsigned long long)height, what);
}

static uint64_t file_size(const pp_log *log) {
    struct stat st;
    return fstat(log->fd, &st) == 0 ? (uint64_t)st.st_size : UINT64_MAX;
}

// Behind record 0 there may stand what says that blocks are gone: the cursor moves on behind it.
static bool pass_base(pp_err *err, pp_log *log, pp_log_cursor *cursor) {
    uint8_t said[PP_LOG_BASE_SIZE], expected[PP_LOG_BASE_SIZE];
    size_t got;
    pp_hash32 link;
    if (!pp_log_read_at(err, &got, log, said, sizeof said, cursor->offset)) return false;
    log->base = 0;
    if (log->pruned || (got == sizeof said && pp_log_kind_of(said) == PP_LOG_BASE)) {
        if (got < sizeof said) memset(said + got, 0, sizeof said - got);
        uint64_t base = pp_load_le64(said + 8);
        pp_log_record_encode(expected, log, PP_LOG_BASE, base, &cursor->link,
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
    if (!pp_log_read_at(err, &got, log, header, sizeof header, cursor->offset)) return false;
    if (got < sizeof header) return true;
    if (cursor->height == 0) { // its secret, for all headers of this log
        memcpy(log->secret.b, header + 16, sizeof log->secret.b);
        cursor->link = log->secret;
    }
    uint8_t expected[PP_LOG_HEADER_SIZE];
    uint32_t size = pp_load_le32(header + 4);
    pp_log_kind kind = pp_log_kind_of(header);
    if (kind == PP_LOG_BASE || (kind == PP_LOG_ROOT && cursor->height > 0)) kind = PP_LOG_BLOCK;
    pp_log_header(expected, log, kind, size, pp_load_le64(header + 8),
                  (const pp_hash32 *)(header + 16));
    if (memcmp(header, expected, sizeof header) != 0) {
        if (pp_log_has_gap(header, sizeof header, cursor->offset) &&
            !pp_log_goes_on(log, cursor->offset, cursor->height + 1))
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
    if (!pp_log_read_at(err, &got, log, log->buffer, body, cursor->offset + sizeof header))
        return false;
    if (got < body) return true;
    pp_hash32 link;
    pp_log_link_of(&link, header, (pp_bytes){log->buffer, size});
    if (memcmp(link.b, log->buffer + size, PP_LOG_LINK_SIZE) != 0) {
        uint64_t at = cursor->offset + sizeof header;
        if (file_size(log) <= at + body && pp_log_has_gap(log->buffer, body, at)) return true;
        return damaged(err, log, cursor->height, "its contents do not match its checksum");
    }
    *record = (pp_log_record){cursor->height, {log->buffer, size}};
    log->pruned = cursor->height == 0 ? kind == PP_LOG_ROOT : log->pruned;
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

size_t pp_log_place(const pp_log *log, uint64_t height) {
    return (size_t)(height == 0 ? 0 : height - log->base);
}

// Notes where the record of this height ends.
static bool note_end(pp_err *err, pp_log *log, uint64_t height, uint64_t end) {
    size_t place = pp_log_place(log, height);
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

uint64_t pp_log_begin(const pp_log *log, uint64_t height) {
    if (height == 0) return 0;
    return height == log->base + 1 ? log->first : log->ends[pp_log_place(log, height) - 1];
}

void pp_log_span(uint64_t *offset, size_t *size, const pp_log *log, uint64_t height) {
    PP_ASSERT(pp_log_has(log, height));
    *offset = pp_log_begin(log, height) + PP_LOG_HEADER_SIZE;
    *size = (size_t)(log->ends[pp_log_place(log, height)] - *offset - PP_LOG_LINK_SIZE);
}

bool pp_log_link(pp_hash32 *out, const pp_log *log, uint64_t height) {
    size_t got;
    if (height == log->base && log->base > 0) {
        *out = log->base_link;
        return true;
    }
    PP_ASSERT(pp_log_has(log, height));
    return pp_log_read_at(NULL, &got, log, out->b, PP_LOG_LINK_SIZE,
                          log->ends[pp_log_place(log, height)] - PP_LOG_LINK_SIZE) &&
           got == PP_LOG_LINK_SIZE;
}

bool pp_log_seek(pp_err *err, pp_log_cursor *cursor, const pp_log *log, uint64_t height) {
    PP_ASSERT(height > log->base && height <= log->records);
    *cursor = (pp_log_cursor){.height = height, .offset = pp_log_begin(log, height)};
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
    if (log->records == 0) memset(&log->secret, 0, sizeof log->secret); // of a torn one
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
    if (log->records == 0) {
        static const pp_hash32 none;
        if (pp_hash32_eq(&log->secret, &none) &&
            getrandom(log->secret.b, sizeof log->secret.b, 0) != (ssize_t)sizeof log->secret.b)
            return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot draw random numbers: %s", log->path,
                              strerror(errno));
        log->link = log->secret;
    }
    pp_hash32 link;
    pp_log_record_encode(log->buffer, log, PP_LOG_BLOCK, log->records, &log->link, payload, &link);
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
