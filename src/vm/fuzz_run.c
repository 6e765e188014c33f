// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as machine code and any bytes as its input: the quick and the counting loop must end
// alike, within the limits. Layout: u8 number of words n, 4 n bytes of code, the input.
#include <stdlib.h>

#include "vm/encode.h"
#include "vm/vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 5) return 0;
    size_t code = (size_t)data[0] * 4;
    if (code == 0 || code > size - 1) code = (size - 1) / 4 * 4;
    pp_bytes input = {data + 1 + code, size - 1 - code};
    const pp_segment segments[] = {{0x10000, code, {data + 1, code}, PP_PERM_RX},
                                   {0x12000, 0x1000, {NULL, 0}, PP_PERM_RW}};
    uint8_t file[24 * 1024];
    if (code > 1024) return 0;
    size_t file_size = pp_elf_build(file, sizeof file, 0x10000, segments, 2);
    pp_program p;
    PP_ASSERT(pp_elf_load(&p, (pp_bytes){file, file_size}) == PP_ELF_OK);
    uint64_t counts[257] = {0}, sum = 0;
    PP_ASSERT(pp_vm_counts_len(&p) <= PP_COUNT(counts));
    pp_vm_options quick = {.max_cycles = 2000, .max_pages = 50}, exact = quick;
    exact.counts = counts;
    pp_err err;
    pp_vm_result a, b;
    PP_ASSERT(pp_vm_run(&err, &a, &p, input, &quick));
    PP_ASSERT(pp_vm_run(&err, &b, &p, input, &exact));
    PP_ASSERT(memcmp(&a, &b, sizeof a) == 0);
    for (size_t i = 0; i < PP_COUNT(counts); i++) sum += counts[i];
    PP_ASSERT(sum == a.cycles && a.cycles <= 2000);
    return 0;
}
