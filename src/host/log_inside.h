// SPDX-License-Identifier: MIT OR Apache-2.0
// What the log's files share. Only for host/log*.c.
#ifndef PP_HOST_LOG_INSIDE_H
#define PP_HOST_LOG_INSIDE_H

#include "host/log.h"

typedef enum pp_log_kind {
    PP_LOG_BLOCK, // "PPLR": also record 0 of a log of which nothing is gone
    PP_LOG_ROOT,  // "PPLG": record 0 of one that was pruned: the base stands behind it
    PP_LOG_BASE,  // "PPLB": says which blocks are gone
    PP_LOG_OTHER,
} pp_log_kind;

enum { PP_LOG_BASE_SIZE = PP_LOG_HEADER_SIZE + PP_LOG_LINK_SIZE + PP_LOG_LINK_SIZE };

// ---- one record's bytes (log_record.c) ----------------------------------------------------------

pp_log_kind pp_log_kind_of(const uint8_t *header);
// OTHER is written as BLOCK.
void pp_log_header(uint8_t out[PP_LOG_HEADER_SIZE], const pp_log *log, pp_log_kind kind,
                   uint32_t size, uint64_t height, const pp_hash32 *before);
void pp_log_link_of(pp_hash32 *out, const uint8_t header[PP_LOG_HEADER_SIZE], pp_bytes payload);
// A whole record, and its link.
void pp_log_record_encode(uint8_t *out, const pp_log *log, pp_log_kind kind, uint64_t height,
                          const pp_hash32 *before, pp_bytes payload, pp_hash32 *link);

// ---- what a power cut leaves (log_record.c) -----------------------------------------------------
// Only the last record can be one that was never synced, and of its sectors each is on the disk or
// is not: it reads as zeros, or the file ends before it. So a record that does not check out, has
// nothing behind it, and has such a gap was cut short; one without a gap, or with a record behind
// it, is damaged.

// Whether a part of [offset, offset + size) that ends at a sector's edge, or at its own, is all
// zero.
bool pp_log_has_gap(const uint8_t *data, size_t size, uint64_t offset);
// Whether a record of this height begins anywhere behind offset; behind record 0 one of any: what
// says which blocks are gone may be the gap. True, too, where there is more than one record can be,
// or it cannot be read.
bool pp_log_goes_on(const pp_log *log, uint64_t offset, uint64_t height);

// ---- the file (log.c) ---------------------------------------------------------------------------

// Reads up to size bytes at offset; *got is less only at the end of the file.
bool pp_log_read_at(pp_err *err, size_t *got, const pp_log *log, uint8_t *out, size_t size,
                    uint64_t offset);
// Place in log->ends of a record that is in the file, and where the record of a height begins.
size_t pp_log_place(const pp_log *log, uint64_t height);
uint64_t pp_log_begin(const pp_log *log, uint64_t height);

#endif
