// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/guest.h"

extern const uint8_t pp_batch_elf[], pp_batch_elf_end[];

void pp_guest_batch(pp_guest *out) {
    pp_elf_code code = pp_elf_load(
        &out->program, (pp_bytes){pp_batch_elf, (size_t)(pp_batch_elf_end - pp_batch_elf)});
    PP_ASSERT(code == PP_ELF_OK);
    pp_program_id(&out->id, &out->program);
}
