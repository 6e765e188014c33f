// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/profile.h"

#include <stdlib.h>

static size_t words_of(const pp_program *p) {
    return (size_t)(p->text_end - p->text_start) / 4;
}

void pp_profile_ops(uint64_t out[PP_OPS_LEN], const pp_program *program, const uint64_t *counts) {
    uint8_t page[PP_VM_PAGE_SIZE];
    memset(out, 0, PP_OPS_LEN * sizeof out[0]);
    for (size_t i = 0; i < words_of(program); i++) {
        size_t in_page = i * 4 % PP_VM_PAGE_SIZE;
        if (in_page == 0)
            pp_program_page(page, program, (program->text_start + 4 * i) >> PP_VM_LOG_PAGE);
        if (counts[i] != 0) out[pp_decode(pp_load_le32(page + in_page)).op] += counts[i];
    }
}

typedef struct list {
    pp_profile_function *items;
    size_t len, max;
} list;

static void add(void *ctx, uint64_t address, uint64_t size, const char *name) {
    (void)size;
    list *l = ctx;
    if (l->len == l->max) {
        l->max = 2 * l->max + 64;
        pp_profile_function *more = realloc(l->items, l->max * sizeof *more);
        PP_ASSERT(more != NULL);
        l->items = more;
    }
    l->items[l->len++] = (pp_profile_function){name, address, 0, 0};
}

static int by_address(const void *a, const void *b) {
    const pp_profile_function *x = a, *y = b;
    if (x->address != y->address) return x->address < y->address ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_cycles(const void *a, const void *b) {
    const pp_profile_function *x = a, *y = b;
    if (x->cycles != y->cycles) return x->cycles > y->cycles ? -1 : 1;
    return by_address(a, b);
}

size_t pp_profile_functions(pp_profile_function **out, const pp_program *program,
                            const uint64_t *counts) {
    list l = {0};
    add(&l, program->text_start, 0, "?");
    pp_elf_symbols(program, add, &l);
    // The nameless one stays in front; of several names at one address the last gets the cycles.
    qsort(l.items + 1, l.len - 1, sizeof *l.items, by_address);
    size_t f = 0;
    for (size_t i = 0; i < words_of(program); i++) {
        uint64_t pc = program->text_start + 4 * (uint64_t)i;
        while (f + 1 < l.len && l.items[f + 1].address <= pc) f++;
        l.items[f].cycles += counts[i];
        if (pc == l.items[f].address) l.items[f].calls = counts[i];
    }
    qsort(l.items, l.len, sizeof *l.items, by_cycles);
    while (l.len > 0 && l.items[l.len - 1].cycles == 0) l.len--;
    *out = l.items;
    return l.len;
}

typedef struct nearest {
    uint64_t pc, address;
    const char *name;
} nearest;

static void take_nearer(void *ctx, uint64_t address, uint64_t size, const char *name) {
    (void)size;
    nearest *n = ctx;
    if (address > n->pc || (n->name != NULL && address <= n->address)) return;
    n->address = address;
    n->name = name;
}

const char *pp_profile_symbol(uint64_t *offset, const pp_program *program, uint64_t pc) {
    nearest n = {pc, 0, NULL};
    if (pc < program->text_end) pp_elf_symbols(program, take_nearer, &n);
    *offset = pc - n.address;
    return n.name;
}
