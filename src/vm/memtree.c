// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/memtree.h"

// A quarter as its pages: which are all alike, and what the others hold.
typedef pp_memtree_quarter quarter;

void pp_memtree_leaf(pp_digest *out, const uint8_t page[PP_VM_PAGE_SIZE], pp_perm perm) {
    enum { LIMBS = PP_VM_PAGE_SIZE / 2 };
    pp_fp limbs[LIMBS];
    for (size_t i = 0; i < LIMBS; i++) limbs[i] = pp_fp_from_u32(pp_load_le16(page + 2 * i));
    pp_hash_leaf(out, limbs, perm == PP_PERM_NONE ? 0 : LIMBS, PP_DOMAIN_PAGE, (uint32_t)perm);
}

void pp_memtree_node(pp_digest *out, const pp_digest *left, const pp_digest *right) {
    pp_hash_node(out, left, right, PP_TAG_MEMORY);
}

static const pp_digest *zero_subtree(quarter *q, pp_perm perm, unsigned level) {
    if (!q->have_zero[perm]) {
        static const uint8_t page[PP_VM_PAGE_SIZE];
        pp_memtree_leaf(&q->zero[perm][0], page, perm);
        for (unsigned i = 0; i < PP_MEMTREE_QUARTER_DEPTH; i++)
            pp_memtree_node(&q->zero[perm][i + 1], &q->zero[perm][i], &q->zero[perm][i]);
        q->have_zero[perm] = true;
    }
    return &q->zero[perm][level];
}

// The subtree of 2^level pages from page `first`. Recursion depth is at most the quarter's.
static void subtree(pp_digest *out, quarter *q, uint64_t first, unsigned level) {
    pp_perm perm;
    if (q->uniform(q->ctx, &perm, first, (uint64_t)1 << level)) {
        *out = *zero_subtree(q, perm, level);
    } else if (level == 0) {
        uint8_t page[PP_VM_PAGE_SIZE];
        perm = q->page(q->ctx, page, first);
        pp_memtree_leaf(out, page, perm);
    } else {
        pp_digest left, right;
        subtree(&left, q, first, level - 1);
        subtree(&right, q, first + ((uint64_t)1 << (level - 1)), level - 1);
        pp_memtree_node(out, &left, &right);
    }
}

static uint64_t page_of(uint64_t address) {
    return address >> PP_VM_LOG_PAGE;
}

static bool program_uniform(const void *ctx, pp_perm *perm, uint64_t first, uint64_t count) {
    const pp_program *p = ctx;
    *perm = PP_PERM_NONE;
    for (size_t i = 0; i < p->segments_len; i++) {
        const pp_segment *s = &p->segments[i];
        uint64_t from = page_of(s->start), last = page_of(s->start + s->size - 1);
        if (last < first || from >= first + count) continue;
        // Inside one segment, behind its last byte from the file, and touching no other.
        uint64_t data_end = page_of(s->start + s->data.size + PP_VM_PAGE_SIZE - 1);
        if (s->data.size == 0) data_end = from;
        if (first < from || first + count - 1 > last || first < data_end) return false;
        if (*perm != PP_PERM_NONE) return false;
        *perm = s->perm;
    }
    return true;
}

static pp_perm program_page(const void *ctx, uint8_t out[PP_VM_PAGE_SIZE], uint64_t page) {
    pp_program_page(out, ctx, page);
    return pp_program_perm(ctx, page << PP_VM_LOG_PAGE);
}

void pp_memtree_program(pp_digest *out, const pp_program *program) {
    quarter q = {.ctx = program, .uniform = program_uniform, .page = program_page};
    subtree(out, &q, 0, PP_MEMTREE_QUARTER_DEPTH);
}

// The stack quarter: RW pages at its end.
static bool stack_uniform(const void *ctx, pp_perm *perm, uint64_t first, uint64_t count) {
    (void)ctx;
    uint64_t start = page_of(PP_VM_QUARTER_SIZE - PP_VM_STACK_SIZE);
    *perm = first >= start ? PP_PERM_RW : PP_PERM_NONE;
    return first >= start || first + count <= start;
}

static pp_perm no_page(const void *ctx, uint8_t out[PP_VM_PAGE_SIZE], uint64_t page) {
    (void)ctx, (void)page;
    memset(out, 0, PP_VM_PAGE_SIZE);
    return PP_PERM_NONE;
}

void pp_memtree_stack(pp_digest *out) {
    quarter q = {.uniform = stack_uniform, .page = no_page};
    subtree(out, &q, 0, PP_MEMTREE_QUARTER_DEPTH);
}

// The input quarter: length and bytes, then nothing.
static bool input_uniform(const void *ctx, pp_perm *perm, uint64_t first, uint64_t count) {
    const pp_bytes *input = ctx;
    (void)count;
    *perm = PP_PERM_NONE;
    return first > page_of((uint64_t)input->size + 7);
}

static pp_perm input_page(const void *ctx, uint8_t out[PP_VM_PAGE_SIZE], uint64_t page) {
    const pp_bytes *input = ctx;
    size_t at = (size_t)(page << PP_VM_LOG_PAGE), room = PP_VM_PAGE_SIZE;
    uint8_t *to = out;
    memset(out, 0, PP_VM_PAGE_SIZE);
    if (page == 0) {
        pp_store_le64(out, input->size);
        to += 8;
        room -= 8;
    } else {
        at -= 8;
    }
    size_t left = input->size - at;
    if (left != 0) memcpy(to, input->data + at, left < room ? left : room);
    return PP_PERM_RO;
}

void pp_memtree_input(pp_digest *out, pp_bytes input) {
    PP_ASSERT(input.size <= PP_VM_INPUT_MAX);
    quarter q = {.ctx = &input, .uniform = input_uniform, .page = input_page};
    subtree(out, &q, 0, PP_MEMTREE_QUARTER_DEPTH);
}

enum { MACHINE_PAGES = 2, MACHINE_PC = 33 };

static bool machine_uniform(const void *ctx, pp_perm *perm, uint64_t first, uint64_t count) {
    (void)ctx;
    *perm = first == 1 ? PP_PERM_MACH : PP_PERM_NONE;
    return first >= MACHINE_PAGES || (first == 1 && count == 1);
}

static pp_perm machine_page(const void *ctx, uint8_t out[PP_VM_PAGE_SIZE], uint64_t page) {
    const uint64_t *entry = ctx;
    memset(out, 0, PP_VM_PAGE_SIZE);
    if (page == 0) pp_store_le64(out + 8 * MACHINE_PC, *entry);
    return PP_PERM_MACH;
}

void pp_memtree_machine(pp_digest *out, uint64_t entry) {
    quarter q = {.ctx = &entry, .uniform = machine_uniform, .page = machine_page};
    subtree(out, &q, 0, PP_MEMTREE_QUARTER_DEPTH);
}

static bool state_uniform(const void *ctx, pp_perm *perm, uint64_t first, uint64_t count) {
    (void)ctx, (void)count;
    *perm = PP_PERM_NONE;
    return first >= MACHINE_PAGES;
}

static pp_perm state_page(const void *ctx, uint8_t out[PP_VM_PAGE_SIZE], uint64_t page) {
    const uint8_t *pages = ctx;
    memcpy(out, pages + page * PP_VM_PAGE_SIZE, PP_VM_PAGE_SIZE);
    return PP_PERM_MACH;
}

void pp_memtree_machine_state(pp_digest *out, const uint64_t *words, size_t len, pp_bytes output) {
    uint8_t pages[MACHINE_PAGES * PP_VM_PAGE_SIZE] = {0};
    PP_ASSERT(len <= PP_VM_PAGE_SIZE / 8 && output.size <= PP_VM_PAGE_SIZE);
    for (size_t i = 0; i < len; i++) pp_store_le64(pages + 8 * i, words[i]);
    if (output.size != 0) memcpy(pages + PP_VM_PAGE_SIZE, output.data, output.size);
    quarter q = {.ctx = pages, .uniform = state_uniform, .page = state_page};
    subtree(out, &q, 0, PP_MEMTREE_QUARTER_DEPTH);
}

void pp_memtree_join(pp_digest *out, const pp_digest q[4]) {
    pp_digest left, right;
    pp_memtree_node(&left, &q[0], &q[1]);
    pp_memtree_node(&right, &q[2], &q[3]);
    pp_memtree_node(out, &left, &right);
}

void pp_memtree_root(pp_digest *out, const pp_program *program, pp_bytes input) {
    pp_digest q[4];
    pp_memtree_program(&q[0], program);
    pp_memtree_stack(&q[1]);
    pp_memtree_input(&q[2], input);
    pp_memtree_machine(&q[3], program->entry);
    pp_memtree_join(out, q);
}

void pp_memtree_begin(pp_memtree *t, const pp_program *program, pp_bytes input) {
    PP_ASSERT(input.size <= PP_VM_INPUT_MAX);
    memset(t, 0, sizeof *t);
    t->input = input;
    t->entry = program->entry;
    t->quarter[0] = (quarter){.ctx = program, .uniform = program_uniform, .page = program_page};
    t->quarter[1] = (quarter){.uniform = stack_uniform, .page = no_page};
    t->quarter[2] = (quarter){.ctx = &t->input, .uniform = input_uniform, .page = input_page};
    t->quarter[3] = (quarter){.ctx = &t->entry, .uniform = machine_uniform, .page = machine_page};
}

enum { QUARTER_MASK = (1 << PP_MEMTREE_QUARTER_DEPTH) - 1 };

pp_perm pp_memtree_page(pp_memtree *t, uint8_t out[PP_VM_PAGE_SIZE], uint32_t page) {
    PP_ASSERT(page >> PP_VM_TREE_DEPTH == 0);
    quarter *q = &t->quarter[page >> PP_MEMTREE_QUARTER_DEPTH];
    pp_perm perm;
    uint64_t in = page & QUARTER_MASK;
    if (!q->uniform(q->ctx, &perm, in, 1)) return q->page(q->ctx, out, in);
    memset(out, 0, PP_VM_PAGE_SIZE);
    return perm;
}

bool pp_memtree_zeros(pp_memtree *t, pp_digest *out, uint32_t first, unsigned level) {
    PP_ASSERT(first >> PP_VM_TREE_DEPTH == 0 && level <= PP_MEMTREE_QUARTER_DEPTH);
    PP_ASSERT((first & (((uint32_t)1 << level) - 1)) == 0);
    quarter *q = &t->quarter[first >> PP_MEMTREE_QUARTER_DEPTH];
    pp_perm perm;
    if (!q->uniform(q->ctx, &perm, first & QUARTER_MASK, (uint64_t)1 << level)) return false;
    *out = *zero_subtree(q, perm, level);
    return true;
}
