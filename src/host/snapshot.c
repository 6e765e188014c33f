// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/snapshot.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chain/block.h"
#include "hash/keccak.h"

enum { HEAD = 8 + 8 + 32 + 32 + 8, SUM = 32 };
#define FILE_MAX ((size_t)1 << 36)
static const uint8_t magic[8] = {'p', 'p', 's', 'n', 'a', 'p', 0, 1};

static bool path_of(pp_err *err, char out[PP_PATH_MAX], const char *dir, uint64_t height) {
    return snprintf(out, PP_PATH_MAX, "%s/snapshots/%012" PRIu64, dir, height) < PP_PATH_MAX ||
           pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", dir);
}

// ---- the folder -------------------------------------------------------------------------------

static bool height_of(uint64_t *height, const char *name) {
    size_t len = strspn(name, "0123456789");
    if (len < 12 || len > 19 || name[len] != 0) return false;
    *height = strtoull(name, NULL, 10);
    return true;
}

static int newer_first(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return *x < *y ? 1 : *x > *y ? -1 : 0;
}

static DIR *open_folder(const char *dir) {
    char path[PP_PATH_MAX];
    bool fits = snprintf(path, sizeof path, "%s/snapshots", dir) < (int)sizeof path;
    return fits ? opendir(path) : NULL;
}

size_t pp_snapshot_list(uint64_t out[PP_SNAPSHOTS_MAX], const char *dir) {
    DIR *folder = open_folder(dir);
    size_t len = 0;
    if (folder == NULL) return 0;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        uint64_t height;
        if (!height_of(&height, e->d_name)) continue;
        if (len == PP_SNAPSHOTS_MAX && height < out[len - 1]) continue;
        if (len == PP_SNAPSHOTS_MAX) len--;
        out[len++] = height;
        qsort(out, len, sizeof *out, newer_first);
    }
    closedir(folder);
    return len;
}

void pp_snapshot_retain(const char *dir, size_t keep, uint64_t base, uint64_t most) {
    uint64_t all[PP_SNAPSHOTS_MAX];
    size_t len = pp_snapshot_list(all, dir);
    DIR *folder = open_folder(dir);
    if (folder == NULL) return;
    int fd = dirfd(folder);
    for (const struct dirent *e; fd >= 0 && (e = readdir(folder)) != NULL;) {
        uint64_t height;
        size_t size = strlen(e->d_name);
        bool left = size > 4 && strcmp(e->d_name + size - 4, ".tmp") == 0, old = false;
        if (height_of(&height, e->d_name))
            old = height < base ||
                  (height != base && (height > most || (len > keep && height < all[keep - 1])));
        if (left || old) (void)unlinkat(fd, e->d_name, 0);
    }
    closedir(folder);
}

// ---- writing ----------------------------------------------------------------------------------

typedef struct writer {
    pp_file_out out;
    pp_keccak sum;
    uint64_t size;
} writer;

static bool put(pp_err *err, writer *w, const void *data, size_t size) {
    w->size += size;
    pp_keccak_update(&w->sum, data, size);
    return pp_file_put(err, &w->out, data, size);
}

static bool put_bytes(pp_err *err, writer *w, pp_bytes bytes) {
    uint8_t size[8];
    pp_store_le64(size, bytes.size);
    return put(err, w, size, sizeof size) && put(err, w, bytes.data, bytes.size);
}

static bool put_all(pp_err *err, writer *w, const pp_snapshot *s) {
    uint8_t head[HEAD];
    pp_hash32 sum;
    memcpy(head, magic, sizeof magic);
    pp_store_le64(head + 8, s->height);
    memcpy(head + 16, s->link.b, 32);
    memcpy(head + 48, s->app_hash.b, 32);
    pp_store_le64(head + 80, s->checks);
    pp_keccak_init(&w->sum);
    if (!put(err, w, head, sizeof head) || !put_bytes(err, w, s->image) ||
        !put_bytes(err, w, s->nodes) || !put_bytes(err, w, s->beside))
        return false;
    pp_keccak_final(&w->sum, &sum);
    return pp_file_put(err, &w->out, sum.b, sizeof sum.b);
}

static bool write_file(pp_err *err, const char *dir, const pp_snapshot *s, uint64_t *size) {
    char path[PP_PATH_MAX];
    writer w;
    bool fits = snprintf(path, sizeof path, "%s/snapshots", dir) < (int)sizeof path;
    if (!fits) return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", dir);
    if (!pp_folder_make(err, path, 0755) || !path_of(err, path, dir, s->height) ||
        !pp_file_begin(err, &w.out, path, 0644))
        return false;
    w.size = 0;
    if (put_all(err, &w, s)) {
        *size = w.size;
        return pp_file_end(err, &w.out);
    }
    return false; // pp_file_put has nothing left behind
}

static bool nodes_of(pp_err *err, uint8_t **out, size_t *size, const pp_chain *chain,
                     pp_store *store) {
    size_t len = pp_chain_roots(NULL, 0, chain);
    pp_digest *roots = calloc(len + 1, sizeof *roots);
    if (roots == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    pp_chain_roots(roots, len, chain);
    bool ok = pp_store_save(err, out, size, store, roots, len);
    free(roots);
    return ok;
}

bool pp_snapshot_write(pp_err *err, const char *dir, const pp_log *log, const pp_chain *chain,
                       pp_store *store, uint64_t checks, pp_bytes beside, uint64_t *file_size) {
    pp_chain_info info;
    uint8_t *nodes = NULL;
    pp_snapshot s = {.checks = checks, .beside = beside};
    pp_chain_info_get(&info, chain);
    s.height = info.height;
    s.app_hash = info.app_hash;
    if (!pp_log_link(&s.link, log, s.height))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read block %llu", log->path,
                          (unsigned long long)s.height);
    if (!nodes_of(err, &nodes, &s.nodes.size, chain, store)) return false;
    s.nodes.data = nodes;
    s.image.data = pp_chain_save(&s.image.size, chain);
    bool ok = write_file(err, dir, &s, file_size);
    free((void *)(uintptr_t)s.image.data);
    free(nodes);
    return ok;
}

// ---- reading ----------------------------------------------------------------------------------

static bool take_bytes(pp_bytes *out, pp_bytes *rest) {
    if (rest->size < 8) return false;
    uint64_t size = pp_load_le64(rest->data);
    if (size > rest->size - 8) return false;
    *out = (pp_bytes){rest->data + 8, (size_t)size};
    rest->data += 8 + size;
    rest->size -= 8 + (size_t)size;
    return true;
}

static bool decode(pp_snapshot *out, size_t size) {
    const uint8_t *data = out->file;
    pp_hash32 sum;
    if (size < HEAD + SUM || memcmp(data, magic, sizeof magic) != 0) return false;
    pp_keccak256(&sum, data, size - SUM);
    if (memcmp(sum.b, data + size - SUM, SUM) != 0) return false;
    out->height = pp_load_le64(data + 8);
    memcpy(out->link.b, data + 16, 32);
    memcpy(out->app_hash.b, data + 48, 32);
    out->checks = pp_load_le64(data + 80);
    pp_bytes rest = {data + HEAD, size - HEAD - SUM};
    return take_bytes(&out->image, &rest) && take_bytes(&out->nodes, &rest) &&
           take_bytes(&out->beside, &rest) && rest.size == 0;
}

// The state that the next block names, where there is one.
static bool is_confirmed(const pp_snapshot *s, pp_log *log) {
    pp_log_cursor cursor;
    pp_log_record record;
    pp_block block;
    bool more;
    if (!pp_log_seek(NULL, &cursor, log, s->height + 1) ||
        !pp_log_next(NULL, &more, &record, log, &cursor))
        return false;
    return !more ||
           (pp_block_decode(&block, record.payload) && pp_hash32_eq(&block.state, &s->app_hash));
}

static bool belongs(const pp_snapshot *s, pp_log *log) {
    pp_hash32 link;
    return s->height >= log->base && s->height > 0 && s->height < log->records &&
           pp_log_link(&link, log, s->height) && pp_hash32_eq(&link, &s->link) &&
           is_confirmed(s, log);
}

bool pp_snapshot_read(pp_err *err, pp_snapshot *out, const char *dir, uint64_t height,
                      pp_log *log) {
    char path[PP_PATH_MAX];
    size_t size;
    memset(out, 0, sizeof *out);
    if (!path_of(err, path, dir, height) || !pp_file_read(err, &out->file, &size, path, FILE_MAX))
        return false;
    bool whole = decode(out, size) && out->height == height;
    if (whole && belongs(out, log)) return true;
    pp_snapshot_free(out);
    return pp_err_set(err, PP_EXIT_NO, "%s: %s", path,
                      whole ? "a snapshot of another log than the one beside it"
                            : "damaged, or no snapshot that this version knows");
}

void pp_snapshot_free(pp_snapshot *snapshot) {
    free(snapshot->file);
    memset(snapshot, 0, sizeof *snapshot);
}
