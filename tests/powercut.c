// SPDX-License-Identifier: MIT OR Apache-2.0
// Loaded before a program (LD_PRELOAD), it writes down what the program does to files below the
// folder $PP_CUT_DIR, in order, into the file $PP_CUT_LOG, so that tests/test_power_cut.py can say
// what a disk may hold after the power goes at any moment. A record is one line of text, and the
// bytes of a write behind it:
//
//   C file name | W file offset size | T file size | S file | R name name | U name | D name | F
//   name
//
// create or open (a number for each file that was opened, by inode), write, truncate, sync of a
// file, rename, unlink, mkdir, sync of a folder. Writes through a descriptor opened with O_SYNC or
// O_DSYNC are followed by an S. What is mapped and written there is not seen.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 1024, PATH = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *dir;
static int out = -1;
static struct {
    bool folder, synced;
    uint64_t inode; // 0: none of ours
    char name[256];
} fds[FDS];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("PP_CUT_LOG");
    dir = getenv("PP_CUT_DIR");
    if (path != NULL && dir != NULL)
        out = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// The name below the folder, "" for itself; NULL for others.
static const char *below(const char *path) {
    if (dir == NULL) return NULL;
    size_t len = strlen(dir);
    if (out < 0 || path == NULL || strncmp(path, dir, len) != 0) return NULL;
    if (path[len] == 0) return "";
    return path[len] == '/' ? path + len + 1 : NULL;
}

__attribute__((format(printf, 3, 4))) static void say(const void *data, size_t size,
                                                      const char *format, ...) {
    char line[PATH];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct iovec v[] = {{line, (size_t)n}, {(void *)(uintptr_t)data, size}};
    ssize_t done = REAL(writev)(out, v, 2);
    if (done != (ssize_t)((size_t)n + size)) abort();
}

static bool ours(int fd) {
    return fd >= 0 && fd < FDS && fds[fd].inode != 0;
}

static int opened(int fd, const char *path, int flags) {
    const char *name = below(path);
    struct stat st;
    if (fd < 0 || fd >= FDS || name == NULL || fstat(fd, &st) != 0) return fd;
    fds[fd].inode = st.st_ino;
    fds[fd].folder = S_ISDIR(st.st_mode);
    fds[fd].synced = (flags & (O_SYNC | O_DSYNC)) != 0;
    snprintf(fds[fd].name, sizeof fds[fd].name, "%s", name);
    if (fds[fd].folder) return fd;
    say(NULL, 0, "C %llu %s\n", (unsigned long long)st.st_ino, name);
    if (flags & O_TRUNC) say(NULL, 0, "T %llu 0\n", (unsigned long long)st.st_ino);
    return fd;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...) {                                                   \
        mode_t mode = 0;                                                                           \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(args, mode_t);                            \
        va_end(args);                                                                              \
        pthread_mutex_lock(&lock);                                                                 \
        int fd = opened(REAL(name)(path, flags, mode), path, flags);                               \
        pthread_mutex_unlock(&lock);                                                               \
        return fd;                                                                                 \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS) fds[fd].inode = 0;
    int rc = REAL(close)(fd);
    pthread_mutex_unlock(&lock);
    return rc;
}

static void wrote(int fd, off_t at, const void *data, ssize_t size) {
    if (size <= 0 || !ours(fd)) return;
    say(data, (size_t)size, "W %llu %lld %zd\n", (unsigned long long)fds[fd].inode, (long long)at,
        size);
    if (fds[fd].synced) say(NULL, 0, "S %llu\n", (unsigned long long)fds[fd].inode);
}

// Where a write without an offset went.
static off_t place(int fd, ssize_t size) {
    return lseek(fd, 0, SEEK_CUR) - size;
}

ssize_t write(int fd, const void *data, size_t size) {
    if (!ours(fd)) return REAL(write)(fd, data, size);
    pthread_mutex_lock(&lock);
    ssize_t n = REAL(write)(fd, data, size);
    if (n > 0) wrote(fd, place(fd, n), data, n);
    pthread_mutex_unlock(&lock);
    return n;
}

#define PWRITE(name)                                                                               \
    ssize_t name(int fd, const void *data, size_t size, off_t at) {                                \
        if (!ours(fd)) return REAL(name)(fd, data, size, at);                                      \
        pthread_mutex_lock(&lock);                                                                 \
        ssize_t n = REAL(name)(fd, data, size, at);                                                \
        wrote(fd, at, data, n);                                                                    \
        pthread_mutex_unlock(&lock);                                                               \
        return n;                                                                                  \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

// Piece by piece: they stand one behind the other.
static void wrote_pieces(int fd, const struct iovec *v, int len, off_t at, ssize_t size) {
    for (int i = 0; i < len && size > 0; i++) {
        ssize_t n = (ssize_t)v[i].iov_len < size ? (ssize_t)v[i].iov_len : size;
        wrote(fd, at, v[i].iov_base, n);
        at += n;
        size -= n;
    }
}

ssize_t writev(int fd, const struct iovec *v, int len) {
    if (!ours(fd)) return REAL(writev)(fd, v, len);
    pthread_mutex_lock(&lock);
    ssize_t n = REAL(writev)(fd, v, len);
    if (n > 0) wrote_pieces(fd, v, len, place(fd, n), n);
    pthread_mutex_unlock(&lock);
    return n;
}

#define PWRITEV(name)                                                                              \
    ssize_t name(int fd, const struct iovec *v, int len, off_t at) {                               \
        if (!ours(fd)) return REAL(name)(fd, v, len, at);                                          \
        pthread_mutex_lock(&lock);                                                                 \
        ssize_t n = REAL(name)(fd, v, len, at);                                                    \
        wrote_pieces(fd, v, len, at, n);                                                           \
        pthread_mutex_unlock(&lock);                                                               \
        return n;                                                                                  \
    }
PWRITEV(pwritev)
PWRITEV(pwritev64)

#define TRUNCATE(name)                                                                             \
    int name(int fd, off_t size) {                                                                 \
        pthread_mutex_lock(&lock);                                                                 \
        int rc = REAL(name)(fd, size);                                                             \
        if (rc == 0 && ours(fd))                                                                   \
            say(NULL, 0, "T %llu %lld\n", (unsigned long long)fds[fd].inode, (long long)size);     \
        pthread_mutex_unlock(&lock);                                                               \
        return rc;                                                                                 \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(call)                                                                                 \
    int call(int fd) {                                                                             \
        pthread_mutex_lock(&lock);                                                                 \
        int rc = REAL(call)(fd);                                                                   \
        if (rc == 0 && ours(fd) && fds[fd].folder) say(NULL, 0, "F %s\n", fds[fd].name);           \
        if (rc == 0 && ours(fd) && !fds[fd].folder)                                                \
            say(NULL, 0, "S %llu\n", (unsigned long long)fds[fd].inode);                           \
        pthread_mutex_unlock(&lock);                                                               \
        return rc;                                                                                 \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    int rc = REAL(rename)(from, to);
    if (rc == 0 && below(from) != NULL && below(to) != NULL)
        say(NULL, 0, "R %s %s\n", below(from), below(to));
    pthread_mutex_unlock(&lock);
    return rc;
}

#define NAMED(name, letter)                                                                        \
    int name(const char *path) {                                                                   \
        pthread_mutex_lock(&lock);                                                                 \
        int rc = REAL(name)(path);                                                                 \
        if (rc == 0 && below(path) != NULL) say(NULL, 0, letter " %s\n", below(path));             \
        pthread_mutex_unlock(&lock);                                                               \
        return rc;                                                                                 \
    }
NAMED(unlink, "U")
NAMED(rmdir, "U")

int mkdir(const char *path, mode_t mode) {
    pthread_mutex_lock(&lock);
    int rc = REAL(mkdir)(path, mode);
    if (rc == 0 && below(path) != NULL && *below(path) != 0) say(NULL, 0, "D %s\n", below(path));
    pthread_mutex_unlock(&lock);
    return rc;
}
