// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "hash/keccak.h"
#include "host/log_inside.h"

static const uint8_t magics[][4] = {[PP_LOG_BLOCK] = {'P', 'P', 'L', 'R'},
                                    [PP_LOG_ROOT] = {'P', 'P', 'L', 'G'},
                                    [PP_LOG_BASE] = {'P', 'P', 'L', 'B'}};
static const char link_tag[] = "polypoly/log/1";

// ---- one record's bytes -----------------------------------------------------------------------

pp_log_kind pp_log_kind_of(const uint8_t *header) {
    for (size_t i = 0; i < PP_COUNT(magics); i++)
        if (memcmp(header, magics[i], 4) == 0) return (pp_log_kind)i;
    return PP_LOG_OTHER;
}

void pp_log_header(uint8_t out[PP_LOG_HEADER_SIZE], const pp_log *log, pp_log_kind kind,
                   uint32_t size, uint64_t height, const pp_hash32 *before) {
    static const pp_hash32 none;
    memcpy(out, magics[kind == PP_LOG_OTHER ? PP_LOG_BLOCK : kind], 4);
    pp_store_le32(out + 4, size);
    pp_store_le64(out + 8, height);
    memcpy(out + 16, before->b, 32);
    pp_keccak k;
    pp_hash32 sum;
    pp_keccak_init(&k);
    pp_keccak_update(&k, out, 48);
    if (!pp_hash32_eq(&log->secret, &none)) pp_keccak_update(&k, log->secret.b, 32);
    pp_keccak_final(&k, &sum);
    memcpy(out + 48, sum.b, 8);
}

void pp_log_link_of(pp_hash32 *out, const uint8_t header[PP_LOG_HEADER_SIZE], pp_bytes payload) {
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, link_tag, sizeof link_tag - 1);
    pp_keccak_update(&k, header, PP_LOG_HEADER_SIZE);
    pp_keccak_update(&k, payload.data, payload.size);
    pp_keccak_final(&k, out);
}

void pp_log_record_encode(uint8_t *out, const pp_log *log, pp_log_kind kind, uint64_t height,
                          const pp_hash32 *before, pp_bytes payload, pp_hash32 *link) {
    pp_log_header(out, log, kind, (uint32_t)payload.size, height, before);
    if (payload.size > 0) memcpy(out + PP_LOG_HEADER_SIZE, payload.data, payload.size);
    pp_log_link_of(link, out, payload);
    memcpy(out + PP_LOG_HEADER_SIZE + payload.size, link->b, PP_LOG_LINK_SIZE);
}

// ---- what a power cut leaves --------------------------------------------------------------------

enum { SECTOR = 512, GAP_MIN = 8 }; // bytes; fewer zeros than that may well be contents

static bool all_zero(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0) return false;
    return true;
}

bool pp_log_has_gap(const uint8_t *data, size_t size, uint64_t offset) {
    for (size_t at = 0; at < size;) {
        size_t left = SECTOR - (size_t)((offset + at) % SECTOR);
        if (left > size - at) left = size - at;
        if (left >= GAP_MIN && all_zero(data + at, left)) return true;
        at += left;
    }
    return false;
}

// Nobody who writes into a payload knows this log's secret, so no header can be forged there. Where
// record 0's own header is lost the secret is too: what looks like the next one is taken for it.
static bool is_header(const uint8_t *h, const pp_log *log, uint64_t height) {
    uint8_t expected[PP_LOG_HEADER_SIZE];
    pp_log_kind kind = pp_log_kind_of(h);
    const uint64_t said = pp_load_le64(h + 8);
    if (height == 1) return kind == PP_LOG_BASE || (kind == PP_LOG_BLOCK && said == 1);
    if (kind != PP_LOG_BLOCK || (height == 2 ? said < 2 : said != height)) return false;
    pp_log_header(expected, log, kind, pp_load_le32(h + 4), said, (const pp_hash32 *)(h + 16));
    return memcmp(expected, h, sizeof expected) == 0;
}

bool pp_log_goes_on(const pp_log *log, uint64_t offset, uint64_t height) {
    enum { CHUNK = 1 << 16 };
    uint8_t *chunk = malloc(CHUNK);
    bool found = chunk == NULL;
    for (uint64_t at = offset; !found;) {
        size_t got = 0;
        found = !pp_log_read_at(NULL, &got, log, chunk, CHUNK, at) ||
                at - offset > (uint64_t)PP_LOG_PAYLOAD_MAX + CHUNK;
        for (size_t i = 0; !found && i + PP_LOG_HEADER_SIZE <= got; i++)
            found = chunk[i] == 'P' && is_header(chunk + i, log, height);
        if (got < CHUNK) break;
        at += CHUNK - PP_LOG_HEADER_SIZE;
    }
    free(chunk);
    return found;
}
