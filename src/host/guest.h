// SPDX-License-Identifier: MIT OR Apache-2.0
// The guest programs that this program carries.
#ifndef PP_HOST_GUEST_H
#define PP_HOST_GUEST_H

#include "vm/vm.h"

typedef struct pp_guest {
    pp_hash32 id; // program_id
    pp_program program;
} pp_guest;

// The batch guest (guest/batch/batch.elf as built into this program). Takes some milliseconds: its
// id is a hash over its memory.
void pp_guest_batch(pp_guest *out);

#endif
