// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hash/keccak.h"

enum { HEAD_OLD = 8 + 8 + 32 + 32 + 8, HEAD = HEAD_OLD + 8, CHECK = 13, SUM = 32, YES = 16 };
#define FILE_MAX ((size_t)1 << 32)
static const uint8_t magic[7] = {'p', 'p', 'c', 'h', 'e', 'c', 'k'}; // and the version

// Where its checks begin; 0: it is none of this log's.
static size_t head_of(const uint8_t *data, size_t size, const pp_log *log) {
    pp_hash32 sum, link;
    if (size < HEAD_OLD + SUM || memcmp(data, magic, sizeof magic) != 0 || data[7] < 1 ||
        data[7] > 2)
        return 0;
    size_t head = data[7] == 1 ? HEAD_OLD : HEAD;
    if (size < head + SUM || (size - head - SUM) % CHECK != 0 ||
        pp_load_le64(data + head - 8) != (size - head - SUM) / CHECK)
        return 0;
    pp_keccak256(&sum, data, size - SUM);
    uint64_t height = pp_load_le64(data + 8);
    bool good = memcmp(sum.b, data + size - SUM, SUM) == 0 && height < log->records &&
                (height >= log->base || height == 0) && pp_log_link(&link, log, height) &&
                memcmp(link.b, data + 16, 32) == 0;
    return good ? head : 0;
}

void pp_past_open(pp_past *past, const char *dir, const pp_log *log) {
    uint8_t *data;
    size_t size;
    memset(past, 0, sizeof *past);
    if (snprintf(past->path, sizeof past->path, "%s/checked", dir) >= (int)sizeof past->path)
        past->path[0] = 0;
    if (log->records == 0 || !pp_file_read(NULL, &data, &size, past->path, FILE_MAX)) return;
    size_t head = head_of(data, size, log);
    if (head == 0) {
        free(data);
        return;
    }
    past->height = pp_load_le64(data + 8);
    memcpy(past->app_hash.b, data + 48, 32);
    past->before = head == HEAD ? pp_load_le64(data + HEAD_OLD - 8) : 0;
    past->believed = past->len = past->max = (size - head - SUM) / CHECK;
    past->checks = data;
    memmove(data, data + head, past->len * CHECK);
}

void pp_past_close(pp_past *past) {
    free(past->checks);
    memset(past, 0, sizeof *past);
}

void pp_past_skip(pp_past *past, uint64_t checks) {
    if (checks >= past->before && checks - past->before <= past->believed) {
        past->at = past->of_whole = (size_t)(checks - past->before);
        return;
    }
    past->height = 0;
    past->believed = past->len = past->at = past->of_whole = 0;
    past->before = checks;
}

bool pp_past_take(pp_past *past, pp_past_check *out, uint8_t kind) {
    if (past->at == past->believed) return false;
    const uint8_t *c = past->checks + CHECK * past->at++;
    *out = (pp_past_check){.kind = c[0] & (YES - 1),
                           .yes = c[0] & YES,
                           .shards = pp_load_le32(c + 1),
                           .cycles = pp_load_le64(c + 5)};
    past->departs |= out->kind != kind;
    return true;
}

void pp_past_add(pp_past *past, const pp_past_check *check) {
    if (past->len == past->max) {
        past->max = past->max ? 2 * past->max : 64;
        uint8_t *bigger = realloc(past->checks, past->max * CHECK);
        PP_ASSERT(bigger != NULL);
        past->checks = bigger;
    }
    uint8_t *c = past->checks + CHECK * past->len++;
    c[0] = (uint8_t)(check->kind | (check->yes ? YES : 0));
    pp_store_le32(c + 1, check->shards);
    pp_store_le64(c + 5, check->cycles);
}

bool pp_past_commit(pp_err *err, pp_past *past, uint64_t height, const pp_hash32 *app_hash) {
    // A block behind the believed ones is checked: what was believed has been used up by then.
    bool last = height == past->height, all = past->at == past->believed;
    bool so = !past->departs && (height < past->height || all) &&
              (!last || pp_hash32_eq(app_hash, &past->app_hash));
    past->of_whole = all ? past->len : past->at;
    if (so) return true;
    (void)unlink(past->path);
    return pp_err_set(
        err, PP_EXIT_USAGE,
        "%s: what it says of the checks up to block %llu is not what the blocks ask for; "
        "it is removed now, start again",
        past->path, (unsigned long long)past->height);
}

void pp_past_save(const pp_past *past, const pp_log *log, uint64_t height,
                  const pp_hash32 *app_hash) {
    size_t size = HEAD + CHECK * past->of_whole + SUM;
    pp_hash32 sum, link;
    if (past->path[0] == 0 || past->at < past->believed || !pp_log_link(&link, log, height)) return;
    uint8_t *data = malloc(size);
    if (data == NULL) return;
    memcpy(data, magic, sizeof magic);
    data[sizeof magic] = 2;
    pp_store_le64(data + 8, height);
    memcpy(data + 16, link.b, 32);
    memcpy(data + 48, app_hash->b, 32);
    pp_store_le64(data + HEAD_OLD - 8, past->before);
    pp_store_le64(data + HEAD - 8, past->of_whole);
    if (past->of_whole > 0) memcpy(data + HEAD, past->checks, CHECK * past->of_whole);
    pp_keccak256(&sum, data, size - SUM);
    memcpy(data + size - SUM, sum.b, SUM);
    bool written = pp_file_write(NULL, past->path, data, size, 0644);
    (void)written;
    free(data);
}
