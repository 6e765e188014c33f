// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/far.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK = 1 << 20, // bytes that it grows by, and is read by
    WORD = 16,       // bytes that are summed at once
};

static bool fails(pp_err *err, const pp_far *far, int why) {
    return pp_err_set(err, PP_EXIT_USAGE, "the index's file %s cannot grow beyond %zu bytes: %s",
                      far->name, far->mapped, strerror(why));
}

// Room for its bytes, and its file.
static bool open_file(pp_err *err, pp_far *far, const char *dir, const char *name, size_t most,
                      int flags) {
    *far = (pp_far){.fd = -1, .reserved = (most + CHUNK - 1) / CHUNK * CHUNK};
    snprintf(far->name, sizeof far->name, "%s", name);
    void *base =
        mmap(NULL, far->reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "no address space for the index's %s (%zu GiB; see ulimit -v)", name,
                          far->reserved >> 30);
    far->base = base; // from here on pp_far_close gives back what there is
    if (dir == NULL) return true;
    char path[PP_PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", dir);
    far->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    return far->fd >= 0 || pp_err_set(err, PP_EXIT_USAGE, "%s: cannot %s: %s", path,
                                      flags & O_CREAT ? "make it" : "read", strerror(errno));
}

bool pp_far_open(pp_err *err, pp_far *far, const char *dir, const char *name, size_t most) {
    return open_file(err, far, dir, name, most, O_CREAT | O_TRUNC);
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

// ---- kept ---------------------------------------------------------------------------------------

// Against damage, not against people: who can write to the file can write its sum. As in
// index/table.c, each word goes into a product.
static uint64_t sum_of(uint64_t sum, const uint8_t *data, size_t size) {
    for (; size >= WORD; data += WORD, size -= WORD) {
        pp_u128 x = (pp_u128)(pp_load_le64(data) ^ sum ^ 0x9e3779b97f4a7c15) *
                    (pp_load_le64(data + 8) ^ 0xd6e8feb86659fd93);
        sum = ((uint64_t)x ^ (uint64_t)(x >> 64)) + sum;
    }
    return sum;
}

bool pp_far_save(pp_err *err, pp_far *far, pp_wire *out, size_t fixed) {
    size_t end = fixed / WORD * WORD;
    PP_ASSERT(far->fd >= 0 && fixed <= far->size && end >= far->summed);
    far->sum = sum_of(far->sum, far->base + far->summed, end - far->summed);
    far->summed = end;
    if (far->size > 0 && (msync(far->base, far->mapped, MS_SYNC) != 0 || fdatasync(far->fd) != 0))
        return pp_err_set(err, PP_EXIT_USAGE, "the index's file %s: the disk failed to sync it: %s",
                          far->name, strerror(errno));
    pp_wire_u64(out, far->size);
    pp_wire_u64(out, far->summed);
    pp_wire_u64(out, far->sum);
    pp_wire_raw(out, far->base + far->summed, far->size - far->summed);
    return true;
}

static bool is_other(pp_err *err, const pp_far *far) {
    return pp_err_set(err, PP_EXIT_NO, "the index's file %s is not the one that belongs to it",
                      far->name);
}

// Read, not looked at where it is mapped: it need not stay in memory.
static bool check(pp_err *err, const pp_far *far, size_t size, uint64_t expected) {
    uint64_t sum = 0;
    uint8_t *chunk = malloc(CHUNK);
    if (chunk == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    bool ok = true;
    for (size_t at = 0; ok && at < size;) {
        size_t want = size - at < CHUNK ? size - at : CHUNK, got = 0;
        for (ssize_t n = 1; n > 0 && got < want; got += n > 0 ? (size_t)n : 0)
            n = pread(far->fd, chunk + got, want - got, (off_t)(at + got));
        ok = got == want;
        sum = sum_of(sum, chunk, got);
        at += want;
    }
    free(chunk);
    return (ok && sum == expected) || is_other(err, far);
}

// The file ends where what is known of it does, so that all behind it reads as zeros.
static bool cut(pp_err *err, pp_far *far, size_t summed, size_t size) {
    struct stat st;
    PP_ASSERT(far->fd >= 0);
    if (fstat(far->fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size < summed ||
        size > far->reserved)
        return is_other(err, far);
    if (ftruncate(far->fd, (off_t)summed) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "the index's file %s cannot be cut: %s", far->name,
                          strerror(errno));
    return size == 0 || grow(err, far, size);
}

bool pp_far_load(pp_err *err, pp_far *far, pp_reader *saved, const char *dir, const char *name,
                 size_t most) {
    if (!open_file(err, far, dir, name, most, 0)) return false;
    uint64_t size = pp_read_u64(saved), summed = pp_read_u64(saved), sum = pp_read_u64(saved);
    bool ok = saved->ok && summed <= size && summed % WORD == 0;
    pp_bytes rest = pp_read_raw(saved, ok ? (size_t)(size - summed) : 0);
    if (!ok || !saved->ok) return is_other(err, far);
    if (!check(err, far, (size_t)summed, sum) || !cut(err, far, (size_t)summed, (size_t)size))
        return false;
    if (rest.size > 0) memcpy(far->base + summed, rest.data, rest.size);
    far->size = (size_t)size;
    far->summed = (size_t)summed;
    far->sum = sum;
    return true;
}

// ---- life ---------------------------------------------------------------------------------------

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
