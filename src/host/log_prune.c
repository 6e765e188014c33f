// SPDX-License-Identifier: MIT OR Apache-2.0
// A log that lets go of its oldest blocks.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/log_inside.h"

// Copies [from, to) of the log.
static bool copy_part(pp_err *err, pp_file_out *out, const pp_log *log, uint64_t from,
                      uint64_t to) {
    uint8_t chunk[1 << 16];
    while (from < to) {
        size_t size = to - from < sizeof chunk ? (size_t)(to - from) : sizeof chunk, got;
        if (!pp_log_read_at(err, &got, log, chunk, size, from)) return false;
        if (got < size) return pp_err_set(err, PP_EXIT_USAGE, "%s: shorter than it was", log->path);
        if (!pp_file_put(err, out, chunk, size)) return false;
        from += size;
    }
    return true;
}

// Record 0 once more, as one that the base stands behind; *link: its new one.
static bool put_root(pp_err *err, pp_file_out *out, const pp_log *log, pp_hash32 *link) {
    size_t size, got;
    uint64_t at;
    pp_log_span(&at, &size, log, 0);
    size_t whole = PP_LOG_HEADER_SIZE + size + PP_LOG_LINK_SIZE;
    uint8_t *payload = malloc(size + 1), *record = malloc(whole);
    bool ok = (payload && record) || pp_err_set(err, PP_EXIT_USAGE, "no memory");
    ok = ok && pp_log_read_at(err, &got, log, payload, size, at) &&
         (got == size || pp_err_set(err, PP_EXIT_USAGE, "%s: shorter than it was", log->path));
    if (ok) {
        pp_log_record_encode(record, log, PP_LOG_ROOT, 0, &log->secret, (pp_bytes){payload, size},
                             link);
        ok = pp_file_put(err, out, record, whole);
    }
    free(payload);
    free(record);
    return ok;
}

// The file that takes the log's place.
static bool write_rest(pp_err *err, pp_file_out *out, const pp_log *log, uint64_t base,
                       const pp_hash32 *link) {
    uint8_t record[PP_LOG_BASE_SIZE];
    pp_hash32 root, of_base;
    if (!put_root(err, out, log, &root)) return false;
    pp_log_record_encode(record, log, PP_LOG_BASE, base, &root,
                         (pp_bytes){link->b, PP_LOG_LINK_SIZE}, &of_base);
    return pp_file_put(err, out, record, sizeof record) &&
           copy_part(err, out, log, pp_log_begin(log, base + 1), log->end);
}

static uint64_t file_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static bool replace(pp_err *err, const pp_log *log, uint64_t base, const pp_hash32 *link) {
    pp_file_out out;
    uint64_t before = file_of(log->path);
    if (!pp_file_begin(err, &out, log->path, 0644)) return false;
    if (!write_rest(err, &out, log, base, link)) {
        if (out.fd >= 0) pp_file_drop(&out);
        return false;
    }
    if (pp_file_end(err, &out)) return true;
    if (file_of(log->path) == before) return false;
    return pp_err_set(err, PP_EXIT_USAGE,
                      "%s: blocks up to %llu are gone, but the disk failed to sync that: a power "
                      "cut may bring them back, whole",
                      log->path, (unsigned long long)base);
}

bool pp_log_prune(pp_err *err, pp_log *log, uint64_t base) {
    PP_ASSERT(log->mode == PP_LOG_WRITE && base > log->base && base < log->records);
    pp_hash32 link;
    if (log->failed || !pp_log_link(&link, log, base))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read block %llu", log->path,
                          (unsigned long long)base);
    log->failed = true; // nothing is appended to a file that has no name any more
    if (!replace(err, log, base, &link)) return false;
    int fd = open(log->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read: %s", log->path, strerror(errno));
    log->failed = false;
    close(log->fd);
    log->fd = fd;
    uint64_t gone = pp_log_begin(log, base + 1) - (log->ends[0] + PP_LOG_BASE_SIZE);
    size_t from = pp_log_place(log, base), kept = (size_t)(log->records - 1 - base);
    for (size_t i = 1; i <= kept; i++) log->ends[i] = log->ends[from + i] - gone;
    log->first = log->ends[0] + PP_LOG_BASE_SIZE;
    log->end -= gone;
    log->base = base;
    log->base_link = link;
    log->pruned = true;
    return true;
}
