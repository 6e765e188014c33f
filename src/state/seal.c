// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash/keccak.h"

enum { SEAL = 8 + 8 + 32, PIECE = 1 << 20, PATH = 4096 + 16 };
static const char magic[] = "ppstate\x01";

static const char *path_of(char out[PATH], const char *folder, const char *name) {
    snprintf(out, PATH, "%s/%s", folder, name);
    return out;
}

static bool hash_file(pp_keccak *k, uint64_t *size, int fd) {
    uint8_t *piece = malloc(PIECE);
    ssize_t n = piece != NULL ? 1 : -1;
    *size = 0;
    while (n > 0) {
        n = read(fd, piece, PIECE);
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        if (n > 0) pp_keccak_update(k, piece, (size_t)n);
        if (n > 0) *size += (uint64_t)n;
    }
    free(piece);
    return n == 0;
}

// The seal of the file as it is. False when it cannot be read.
static bool compute(uint8_t out[SEAL], const char *folder) {
    char path[PATH];
    uint64_t size;
    pp_keccak k;
    pp_hash32 hash;
    int fd = open(path_of(path, folder, "data.mdb"), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    pp_keccak_init(&k);
    bool ok = hash_file(&k, &size, fd);
    close(fd);
    pp_keccak_final(&k, &hash);
    memcpy(out, magic, 8);
    pp_store_le64(out + 8, size);
    memcpy(out + 16, hash.b, 32);
    return ok;
}

bool pp_seal_holds(const char *folder) {
    char path[PATH];
    uint8_t want[SEAL], *there;
    size_t size;
    struct stat st;
    if (stat(path_of(path, folder, "data.mdb"), &st) != 0) return errno == ENOENT;
    if (!pp_file_read(NULL, &there, &size, path_of(path, folder, "closed"), SEAL)) return false;
    bool same = size == SEAL && compute(want, folder) && memcmp(there, want, SEAL) == 0;
    free(there);
    return same;
}

bool pp_seal_break(const char *folder) {
    char path[PATH];
    if (unlink(path_of(path, folder, "closed")) != 0) return errno == ENOENT;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return ok;
}

bool pp_seal_make(const char *folder) {
    char path[PATH];
    uint8_t seal[SEAL];
    return compute(seal, folder) &&
           pp_file_write(NULL, path_of(path, folder, "closed"), seal, SEAL, 0644);
}
