// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void pp_panic(const char *file, int line, const char *what) {
    fprintf(stderr, "polypoly: broken invariant at %s:%d: %s\n", file, line, what);
    abort();
}

bool pp_err_set(pp_err *err, int exit_code, const char *format, ...) {
    if (err == NULL) return false;
    err->exit_code = exit_code;
    va_list args;
    va_start(args, format);
    int size = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    static const char cut[] = "…";
    if (size >= (int)sizeof err->text)
        memcpy(err->text + sizeof err->text - sizeof cut, cut, sizeof cut);
    return false;
}

static bool read_all(pp_err *err, uint8_t *data, size_t size, int fd, const char *path) {
    size_t have = 0;
    while (have < size) {
        ssize_t got = read(fd, data + have, size - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
        if (got == 0) return pp_err_set(err, PP_EXIT_USAGE, "%s: shrank while being read", path);
        have += (size_t)got;
    }
    return true;
}

bool pp_file_read(pp_err *err, uint8_t **data, size_t *size, const char *path, size_t max_size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a FIFO would wait for its writer
    if (fd < 0) return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
    struct stat st;
    bool ok = false;
    uint8_t *buffer = NULL;
    if (fstat(fd, &st) != 0) {
        pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        pp_err_set(err, PP_EXIT_USAGE, "%s: not a regular file", path);
    } else if ((uint64_t)st.st_size > max_size) {
        pp_err_set(err, PP_EXIT_USAGE, "%s: %lld bytes, more than the %zu allowed", path,
                   (long long)st.st_size, max_size);
    } else if ((buffer = malloc((size_t)st.st_size + 1)) == NULL) {
        pp_err_set(err, PP_EXIT_USAGE, "%s: no memory for %lld bytes", path, (long long)st.st_size);
    } else {
        ok = read_all(err, buffer, (size_t)st.st_size, fd, path);
    }
    close(fd);
    if (!ok) {
        free(buffer);
        return false;
    }
    buffer[st.st_size] = 0;
    *data = buffer;
    *size = (size_t)st.st_size;
    return true;
}

static bool write_all(int fd, const uint8_t *data, size_t size) {
    while (size > 0) {
        ssize_t done = write(fd, data, size);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        data += done;
        size -= (size_t)done;
    }
    return true;
}

static bool sync_folder_of(const char *path) {
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

bool pp_file_write(pp_err *err, const char *path, const void *data, size_t size, unsigned mode) {
    char temp[4096];
    if (snprintf(temp, sizeof temp, "%s.tmp", path) >= (int)sizeof temp)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: path too long", path);
    struct stat st;
    if (lstat(path, &st) == 0 &&
        !S_ISREG(st.st_mode)) // never a device or a link replaced by a file
        return pp_err_set(err, PP_EXIT_USAGE, "%s: not a regular file", path);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", temp, strerror(errno));
    bool ok = write_all(fd, data, size) && fsync(fd) == 0;
    int saved = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        saved = errno;
    }
    if (ok && (rename(temp, path) != 0 || !sync_folder_of(path))) {
        ok = false;
        saved = errno;
    }
    if (!ok) {
        unlink(temp);
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot write: %s", path, strerror(saved));
    }
    return true;
}
