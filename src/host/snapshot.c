// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/snapshot.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chain/block.h"
#include "hash/keccak.h"

enum { HEAD = 8 + 8 + 32 + 32 + 8, PARTS = 3, SIZES = 8 * PARTS, SUM = 32 };
#define FILE_MAX ((size_t)1 << 36)
static const uint8_t magic[8] = {'p', 'p', 's', 'n', 'a', 'p', 0, 2};

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
    size_t len = pp_snapshot_list(all, dir), above = 0;
    DIR *folder = open_folder(dir);
    if (folder == NULL) return;
    // Those above `most` go: they are not among the ones that are kept.
    while (above < len && all[above] > most) above++;
    size_t oldest = above + keep - 1;
    int fd = dirfd(folder);
    for (const struct dirent *e; fd >= 0 && (e = readdir(folder)) != NULL;) {
        uint64_t height;
        size_t size = strlen(e->d_name);
        bool left = size > 4 && strcmp(e->d_name + size - 4, ".tmp") == 0, old = false;
        if (height_of(&height, e->d_name))
            old = height < base ||
                  (height != base && (height > most || (oldest < len && height < all[oldest])));
        if (left || old) (void)unlinkat(fd, e->d_name, 0);
    }
    closedir(folder);
}

// ---- writing ----------------------------------------------------------------------------------

typedef struct writer {
    pp_file_out out;
    pp_keccak sum;
    uint64_t size;
    uint8_t waiting[1 << 16];
    size_t waiting_len;
} writer;

static bool flush(pp_err *err, writer *w) {
    pp_keccak_update(&w->sum, w->waiting, w->waiting_len);
    bool ok = pp_file_put(err, &w->out, w->waiting, w->waiting_len);
    w->waiting_len = 0;
    return ok;
}

static bool put(pp_err *err, void *ctx, const void *data, size_t size) {
    writer *w = ctx;
    const uint8_t *from = data;
    w->size += size;
    while (size > 0) {
        size_t room = sizeof w->waiting - w->waiting_len, part = size < room ? size : room;
        memcpy(w->waiting + w->waiting_len, from, part);
        w->waiting_len += part;
        from += part;
        size -= part;
        if (w->waiting_len == sizeof w->waiting && !flush(err, w)) return false;
    }
    return true;
}

// Nodes go from the store to the file one by one: they may be many.
static bool put_nodes(pp_err *err, writer *w, const pp_chain *chain, pp_store *store) {
    size_t len = pp_chain_roots(NULL, 0, chain);
    pp_digest *roots = calloc(len + 1, sizeof *roots);
    if (roots == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    pp_chain_roots(roots, len, chain);
    bool ok = pp_store_save(err, store, roots, len, put, w);
    free(roots);
    return ok;
}

static bool put_image(pp_err *err, writer *w, const pp_chain *chain) {
    size_t size;
    uint8_t *image = pp_chain_save(&size, chain);
    bool ok = put(err, w, image, size);
    free(image);
    return ok;
}

static bool put_all(pp_err *err, writer *w, const pp_snapshot *s, const pp_chain *chain,
                    pp_store *store) {
    uint8_t head[HEAD], sizes[SIZES];
    pp_hash32 sum;
    memcpy(head, magic, sizeof magic);
    pp_store_le64(head + 8, s->height);
    memcpy(head + 16, s->link.b, 32);
    memcpy(head + 48, s->app_hash.b, 32);
    pp_store_le64(head + 80, s->checks);
    if (!put(err, w, head, sizeof head) || !put_nodes(err, w, chain, store)) return false;
    uint64_t nodes = w->size;
    if (!put_image(err, w, chain)) return false;
    pp_store_le64(sizes, nodes - HEAD);
    pp_store_le64(sizes + 8, w->size - nodes);
    pp_store_le64(sizes + 16, s->beside.size);
    if (!put(err, w, s->beside.data, s->beside.size) || !put(err, w, sizes, sizeof sizes) ||
        !flush(err, w))
        return false;
    pp_keccak_final(&w->sum, &sum);
    w->size += sizeof sum.b;
    return pp_file_put(err, &w->out, sum.b, sizeof sum.b);
}

static bool begin_file(pp_err *err, writer *w, const char *dir, uint64_t height) {
    char path[PP_PATH_MAX];
    w->size = w->waiting_len = 0;
    pp_keccak_init(&w->sum);
    bool fits = snprintf(path, sizeof path, "%s/snapshots", dir) < (int)sizeof path;
    if (!fits) return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", dir);
    return pp_folder_make(err, path, 0755) && path_of(err, path, dir, height) &&
           pp_file_begin(err, &w->out, path, 0644);
}

bool pp_snapshot_write(pp_err *err, const char *dir, const pp_log *log, const pp_chain *chain,
                       pp_store *store, uint64_t checks, pp_bytes beside, uint64_t *file_size) {
    pp_chain_info info;
    writer w;
    pp_snapshot s = {.checks = checks, .beside = beside};
    pp_chain_info_get(&info, chain);
    s.height = info.height;
    s.app_hash = info.app_hash;
    if (!pp_log_link(&s.link, log, s.height))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read block %llu", log->path,
                          (unsigned long long)s.height);
    if (!begin_file(err, &w, dir, s.height)) return false;
    if (!put_all(err, &w, &s, chain, store)) {
        if (w.out.fd >= 0) pp_file_drop(&w.out);
        return false;
    }
    *file_size = w.size;
    return pp_file_end(err, &w.out);
}

// ---- reading ----------------------------------------------------------------------------------

// The parts, which fill the file between its head and their sizes.
static bool take_parts(pp_snapshot *out, size_t size) {
    pp_bytes *const parts[PARTS] = {&out->nodes, &out->image, &out->beside};
    const uint8_t *sizes = out->file + size - SUM - SIZES, *at = out->file + HEAD;
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t part = pp_load_le64(sizes + 8 * i);
        if (part > (size_t)(sizes - at)) return false;
        *parts[i] = (pp_bytes){at, (size_t)part};
        at += part;
    }
    return at == sizes;
}

static bool decode(pp_snapshot *out, size_t size) {
    const uint8_t *data = out->file;
    pp_hash32 sum;
    if (size < HEAD + SIZES + SUM || memcmp(data, magic, sizeof magic) != 0) return false;
    pp_keccak256(&sum, data, size - SUM);
    if (memcmp(sum.b, data + size - SUM, SUM) != 0) return false;
    out->height = pp_load_le64(data + 8);
    memcpy(out->link.b, data + 16, 32);
    memcpy(out->app_hash.b, data + 48, 32);
    out->checks = pp_load_le64(data + 80);
    return take_parts(out, size);
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
