// SPDX-License-Identifier: MIT OR Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

// ---- reading ------------------------------------------------------------------------------------

bool pp_file_open(pp_err *err, pp_file_in *in, const char *path) {
    struct stat st;
    *in = (pp_file_in){.path = path};
    in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a FIFO would wait for its writer
    if (in->fd < 0) return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
    if (fstat(in->fd, &st) != 0)
        pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        pp_err_set(err, PP_EXIT_USAGE, "%s: not a regular file", path);
    else {
        in->size = (uint64_t)st.st_size;
        return true;
    }
    pp_file_close(in);
    return false;
}

bool pp_file_get(pp_err *err, const pp_file_in *in, void *data, size_t size, uint64_t at) {
    uint8_t *to = data;
    for (size_t have = 0; have < size;) {
        ssize_t got = pread(in->fd, to + have, size - have, (off_t)(at + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", in->path, strerror(errno));
        if (got == 0)
            return pp_err_set(err, PP_EXIT_USAGE, "%s: shrank while being read", in->path);
        have += (size_t)got;
    }
    return true;
}

void pp_file_close(pp_file_in *in) {
    close(in->fd);
}

bool pp_file_read(pp_err *err, uint8_t **data, size_t *size, const char *path, size_t max_size) {
    pp_file_in in;
    if (!pp_file_open(err, &in, path)) return false;
    uint8_t *buffer = NULL;
    bool ok = false;
    if (in.size > max_size)
        pp_err_set(err, PP_EXIT_USAGE, "%s: %llu bytes, more than the %zu allowed", path,
                   (unsigned long long)in.size, max_size);
    else if ((buffer = malloc((size_t)in.size + 1)) == NULL)
        pp_err_set(err, PP_EXIT_USAGE, "%s: no memory for %llu bytes", path,
                   (unsigned long long)in.size);
    else
        ok = pp_file_get(err, &in, buffer, (size_t)in.size, 0);
    pp_file_close(&in);
    if (!ok) {
        free(buffer);
        return false;
    }
    buffer[in.size] = 0;
    *data = buffer;
    *size = (size_t)in.size;
    return true;
}

bool pp_file_is_secret(pp_err *err, const char *path) {
    struct stat st;
    if (stat(path, &st) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
    return (st.st_mode & 077) == 0 ||
           pp_err_set(err, PP_EXIT_USAGE,
                      "%s: a secret that others may read or write (mode %03o): chmod 600", path,
                      (unsigned)st.st_mode & 0777);
}

// ---- writing ------------------------------------------------------------------------------------

bool pp_file_sync_name(const char *path) {
    char copy[PP_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

static bool cannot(pp_err *err, pp_file_out *out) {
    int saved = errno;
    if (out->fd >= 0) close(out->fd);
    out->fd = -1;
    (void)unlink(out->temp);
    return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot write: %s", out->path, strerror(saved));
}

bool pp_file_begin(pp_err *err, pp_file_out *out, const char *path, unsigned mode) {
    static atomic_uint counter;
    struct stat st;
    out->fd = -1;
    const size_t len = strlen(path);
    if (len >= sizeof out->path - 32)
        return pp_err_set(err, PP_EXIT_USAGE, "%.40s…: path too long", path);
    memcpy(out->path, path, len + 1);
    // Never a device or a link replaced by a file.
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: not a regular file", path);
    do {
        snprintf(out->temp, sizeof out->temp, "%s.%lx-%x.tmp", path, (unsigned long)getpid(),
                 atomic_fetch_add(&counter, 1));
        out->fd =
            open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    } while (out->fd < 0 && errno == EEXIST);
    return out->fd >= 0 ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: cannot write: %s", path, strerror(errno));
}

bool pp_file_put(pp_err *err, pp_file_out *out, const void *data, size_t size) {
    const uint8_t *from = data;
    while (size > 0) {
        ssize_t done = write(out->fd, from, size);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return cannot(err, out);
        from += done;
        size -= (size_t)done;
    }
    return true;
}

bool pp_file_end(pp_err *err, pp_file_out *out) {
    bool ok = fsync(out->fd) == 0;
    if (!ok) return cannot(err, out);
    int fd = out->fd;
    out->fd = -1;
    ok = close(fd) == 0 && rename(out->temp, out->path) == 0 && pp_file_sync_name(out->path);
    return ok || cannot(err, out);
}

void pp_file_drop(pp_file_out *out) {
    close(out->fd);
    (void)unlink(out->temp);
}

bool pp_file_write(pp_err *err, const char *path, const void *data, size_t size, unsigned mode) {
    pp_file_out out;
    return pp_file_begin(err, &out, path, mode) && pp_file_put(err, &out, data, size) &&
           pp_file_end(err, &out);
}

bool pp_file_can_write(pp_err *err, const char *path) {
    pp_file_out out;
    if (!pp_file_begin(err, &out, path, 0600)) return false;
    pp_file_drop(&out);
    return true;
}

bool pp_folder_make(pp_err *err, const char *path, unsigned mode) {
    struct stat st;
    if (mkdir(path, (mode_t)mode) == 0) {
        if (pp_file_sync_name(path)) return true;
    } else if (errno == EEXIST) {
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) return true;
        return pp_err_set(err, PP_EXIT_USAGE, "%s: there, but not a folder", path);
    }
    return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be made: %s", path, strerror(errno));
}
