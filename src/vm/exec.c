// SPDX-License-Identifier: MIT OR Apache-2.0
// The three inner loops of the executor (exec_loop.h) and the arithmetic C leaves undefined.
#include "vm/machine.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest memory is used in place");

static inline uint64_t word32(uint32_t v) {
    return (uint64_t)(int64_t)(int32_t)v;
}
static inline uint64_t low_signed(uint64_t v) {
    return (uint64_t)(int64_t)(int32_t)v;
}
static inline uint64_t mulhsu(uint64_t a, uint64_t b) {
    uint64_t high = (uint64_t)(((pp_u128)a * b) >> 64);
    return high - ((int64_t)a < 0 ? b : 0);
}
// Division by zero gives all ones, and the most negative number by -1 gives itself.
static inline uint64_t div_signed(uint64_t a, uint64_t b) {
    if (b == 0) return UINT64_MAX;
    if (b == UINT64_MAX) return 0 - a;
    return (uint64_t)((int64_t)a / (int64_t)b);
}
static inline uint64_t rem_signed(uint64_t a, uint64_t b) {
    if (b == 0) return a;
    if (b == UINT64_MAX) return 0;
    return (uint64_t)((int64_t)a % (int64_t)b);
}

// A jump to where no code is has been executed; halt too. All other ends leave the instruction
// undone.
static inline bool took_effect(pp_vm_status status) {
    return status == PP_VM_HALTED || status == PP_VM_BAD_FETCH;
}

#define EXACT 0
#define TRACE 0
#define EXEC_NAME pp_machine_run_fast
#include "vm/exec_loop.h"
#undef EXACT
#undef EXEC_NAME

#define EXACT 1
#define EXEC_NAME pp_machine_run_exact
#include "vm/exec_loop.h"
#undef EXEC_NAME
#undef TRACE

#define TRACE 1
#define EXEC_NAME pp_machine_run_traced
#include "vm/exec_loop.h"
