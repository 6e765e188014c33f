// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/far.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 }; // bytes that it grows by

static bool fails(pp_err *err, const pp_far *far, int why) {
    return pp_err_set(err, PP_EXIT_USAGE, "the index's file %s cannot grow beyond %zu bytes: %s",
                      far->name, far->mapped, strerror(why));
}

bool pp_far_open(pp_err *err, pp_far *far, const char *dir, const char *name, size_t most) {
    *far = (pp_far){.fd = -1, .reserved = (most + CHUNK - 1) / CHUNK * CHUNK};
    snprintf(far->name, sizeof far->name, "%s", name);
    void *base =
        mmap(NULL, far->reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "no address space for the index's %s (%zu GiB; see ulimit -v)", name,
                          far->reserved >> 30);
    far->base = base; // from here on pp_far_close gives back what there is
    if (dir != NULL) {
        char path[4096 + 32];
        snprintf(path, sizeof path, "%s/%s.scratch", dir, name);
        far->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (far->fd < 0 || unlink(path) != 0)
            return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot make it: %s", path, strerror(errno));
    }
    return true;
}

static bool grow(pp_err *err, pp_far *far, size_t more) {
    more = (more + CHUNK - 1) / CHUNK * CHUNK;
    if (more > far->reserved - far->mapped) return fails(err, far, EFBIG);
    uint8_t *at = far->base + far->mapped;
    if (far->fd < 0) {
        if (mprotect(at, more, PROT_READ | PROT_WRITE) != 0) return fails(err, far, errno);
    } else {
        // All of it is on the disk's account first: a write to the mapping cannot find it full.
        int why = posix_fallocate(far->fd, (off_t)far->mapped, (off_t)more);
        if (why != 0) return fails(err, far, why);
        if (mmap(at, more, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, far->fd,
                 (off_t)far->mapped) == MAP_FAILED)
            return fails(err, far, errno);
    }
    far->mapped += more;
    return true;
}

void *pp_far_add(pp_err *err, pp_far *far, size_t size) {
    if (size > far->reserved) return fails(err, far, EFBIG), NULL;
    size_t room = far->mapped - far->size;
    if (size > room && !grow(err, far, size - room)) return NULL;
    void *new = far->base + far->size;
    far->size += size;
    return new;
}

void pp_far_cool(const pp_far *far) {
    if (far->fd < 0 || far->size < (size_t)2 * CHUNK) return;
    size_t cold = far->size / CHUNK * CHUNK - CHUNK;
    int told = madvise(far->base, cold, MADV_DONTNEED); // of a shared file: nothing is lost
    (void)told;                                         // nor when it is not heard
}

void pp_far_close(pp_far *far) {
    if (far->base != NULL) munmap(far->base, far->reserved);
    if (far->base != NULL && far->fd >= 0) close(far->fd);
    *far = (pp_far){.fd = -1};
}
