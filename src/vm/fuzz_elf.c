// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a program file: refused with a reason, or loaded, described and run for a while.
#include "vm/vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(void *ctx, uint64_t address, uint64_t size, const char *name) {
    (void)size;
    *(size_t *)ctx += strlen(name) + (address != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_program p;
    pp_elf_code code = pp_elf_load(&p, (pp_bytes){data, size});
    PP_ASSERT(strlen(pp_elf_reason(code)) > 0);
    if (code != PP_ELF_OK) return 0;
    size_t seen = 0;
    uint64_t value;
    uint8_t page[PP_VM_PAGE_SIZE];
    pp_elf_symbols(&p, visit, &seen);
    if (pp_elf_symbol(&value, &p, "_heap_start")) seen++;
    for (size_t i = 0; i < p.segments_len; i++) {
        const pp_segment *s = &p.segments[i];
        PP_ASSERT(s->start >= PP_VM_PROGRAM_START && s->start + s->size <= PP_VM_PROGRAM_END);
        PP_ASSERT(s->data.size <= s->size && s->data.data >= data &&
                  (size_t)(s->data.data - data) + s->data.size <= size);
        PP_ASSERT(pp_program_perm(&p, s->start) == s->perm);
        pp_program_page(page, &p, s->start >> PP_VM_LOG_PAGE);
    }
    // The same ending whatever the loop, within the limits.
    pp_err err;
    pp_vm_result r;
    pp_vm_options options = {.max_cycles = 3000, .max_pages = 40};
    PP_ASSERT(pp_vm_run(&err, &r, &p, (pp_bytes){data, size < 100 ? size : 100}, &options));
    PP_ASSERT(r.cycles <= 3000 && r.pages[0] + r.pages[1] + r.pages[2] <= 40);
    return 0;
}
