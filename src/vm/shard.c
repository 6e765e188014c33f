// SPDX-License-Identifier: MIT OR Apache-2.0
// Shards as bytes.
#include "vm/shard.h"

#include <stdlib.h>

enum {
    HEAD = 8 + 6 * 8 + 2 * PP_DIGEST_SIZE + 2 * 8,
    PAGE = 4 + 4 + PP_VM_PAGE_SIZE,
    PAGES_MAX = 1 << PP_VM_TREE_DEPTH,
};
static const char magic[] = "ppinput\x01";

void pp_vm_shard_free(pp_vm_shard *shard) {
    free(shard->pages);
    free(shard->siblings);
    shard->pages = NULL;
    shard->siblings = NULL;
}

size_t pp_vm_shard_size(const pp_vm_shard *s) {
    return HEAD + s->pages_len * PAGE + s->siblings_len * PP_DIGEST_SIZE;
}

void pp_vm_shard_encode(uint8_t *out, const pp_vm_shard *s) {
    for (unsigned i = 0; i < 8; i++) out[i] = (uint8_t)magic[i];
    const uint64_t numbers[] = {s->number, s->first_cycle, s->cycles,
                                s->last,   s->text_start,  s->text_end};
    uint8_t *at = out + 8;
    for (size_t i = 0; i < PP_COUNT(numbers); i++, at += 8) pp_store_le64(at, numbers[i]);
    for (unsigned i = 0; i < 2; i++, at += PP_DIGEST_SIZE) pp_digest_encode(at, &s->root[i]);
    pp_store_le64(at, s->pages_len);
    pp_store_le64(at + 8, s->siblings_len);
    at += 16;
    for (size_t i = 0; i < s->pages_len; i++, at += PAGE) {
        pp_store_le32(at, s->pages[i].index);
        pp_store_le32(at + 4, s->pages[i].perm);
        memcpy(at + 8, s->pages[i].bytes, PP_VM_PAGE_SIZE);
    }
    for (size_t i = 0; i < s->siblings_len; i++, at += PP_DIGEST_SIZE)
        pp_digest_encode(at, &s->siblings[i]);
}

// Each quarter has its permissions; code lies in the text.
static bool page_ok(const pp_vm_shard *s, const pp_shard_page *p) {
    uint64_t start = (uint64_t)p->index << PP_VM_LOG_PAGE;
    switch (start / PP_VM_QUARTER_SIZE) {
    case 0:
        if (p->perm == PP_PERM_RX)
            return start >= s->text_start && start + PP_VM_PAGE_SIZE <= s->text_end;
        return p->perm == PP_PERM_RO || p->perm == PP_PERM_RW;
    case 1:
        return p->perm == PP_PERM_RW;
    case 2:
        return p->perm == PP_PERM_RO;
    default:
        return p->perm == PP_PERM_MACH && start - PP_VM_MACHINE_START < 2 * PP_VM_PAGE_SIZE;
    }
}

static bool take_pages(pp_vm_shard *s, const uint8_t *at) {
    for (size_t i = 0; i < s->pages_len; i++, at += PAGE) {
        pp_shard_page *p = &s->pages[i];
        p->index = pp_load_le32(at);
        p->perm = (pp_perm)pp_load_le32(at + 4);
        if (p->index >= PAGES_MAX || (i > 0 && p->index <= s->pages[i - 1].index)) return false;
        if (!page_ok(s, p)) return false;
        memcpy(p->bytes, at + 8, PP_VM_PAGE_SIZE);
    }
    for (size_t i = 0; i < s->siblings_len; i++, at += PP_DIGEST_SIZE)
        if (!pp_digest_decode(&s->siblings[i], at)) return false;
    return true;
}

// Siblings in the subtree over pages [index 2^level, …), of which pages[lo … hi) are opened.
static size_t count_siblings(const pp_vm_shard *s, unsigned level, uint32_t index, size_t lo,
                             size_t hi) {
    if (lo == hi) return 1;
    if (level == 0) return 0;
    uint32_t right = 2 * index + 1;
    size_t middle = lo;
    while (middle < hi && s->pages[middle].index >> (level - 1) < right) middle++;
    return count_siblings(s, level - 1, 2 * index, lo, middle) +
           count_siblings(s, level - 1, right, middle, hi);
}

bool pp_vm_shard_decode(pp_vm_shard *out, const uint8_t *bytes, size_t size) {
    memset(out, 0, sizeof *out);
    if (size < HEAD || memcmp(bytes, magic, 8) != 0) return false;
    uint64_t n[6];
    const uint8_t *at = bytes + 8;
    for (size_t i = 0; i < PP_COUNT(n); i++, at += 8) n[i] = pp_load_le64(at);
    *out = (pp_vm_shard){.number = n[0],
                         .first_cycle = n[1],
                         .cycles = n[2],
                         .last = n[3] == 1,
                         .text_start = n[4],
                         .text_end = n[5]};
    const uint64_t inside = PP_VM_PAGE_SIZE - 1;
    if (n[3] > 1 || n[4] > n[5] || n[5] > PP_VM_PROGRAM_END || ((n[4] | n[5]) & inside) != 0)
        return false;
    for (unsigned i = 0; i < 2; i++, at += PP_DIGEST_SIZE)
        if (!pp_digest_decode(&out->root[i], at)) return false;
    uint64_t pages = pp_load_le64(at), siblings = pp_load_le64(at + 8), left = size - HEAD;
    if (pages == 0 || pages > left / PAGE || siblings > left / PP_DIGEST_SIZE ||
        pages * PAGE + siblings * PP_DIGEST_SIZE != left)
        return false;
    out->pages = calloc((size_t)pages, sizeof *out->pages);
    out->siblings = calloc((size_t)siblings + 1, sizeof *out->siblings);
    out->pages_len = (size_t)pages;
    out->siblings_len = (size_t)siblings;
    if (out->pages != NULL && out->siblings != NULL && take_pages(out, at + 16) &&
        count_siblings(out, PP_VM_TREE_DEPTH, 0, 0, out->pages_len) == out->siblings_len)
        return true;
    pp_vm_shard_free(out);
    return false;
}
