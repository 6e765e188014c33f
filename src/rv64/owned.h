// SPDX-License-Identifier: MIT OR Apache-2.0
// The machine in memory of its own, for whoever proves or verifies. Native.
#ifndef PP_RV64_OWNED_H
#define PP_RV64_OWNED_H

#include "air/air.h"
#include "base/err.h"

typedef struct pp_machine_owned {
    void *memory; // heap: PP_RV64_KEEP_SIZE
    const pp_machine *machine;
    pp_hash32 vm_id; // pp_machine_id of it
} pp_machine_owned;

// Builds the tables. False with one sentence when memory is short; nothing is to be freed then.
PP_NODISCARD bool pp_machine_own(pp_err *err, pp_machine_owned *out);
void pp_machine_disown(pp_machine_owned *m); // all zero is fine

#endif
