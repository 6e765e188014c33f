// SPDX-License-Identifier: MIT OR Apache-2.0
// What only the machine has: the way from _start to main and to the end, and where the input lies.
#include "polypoly.h"
#include "stdlib.h"

// The machine lays the input at Q2: its length, then its bytes, read-only.
#define INPUT ((const uint8_t *)0x20000000)
#define INPUT_MAX ((1u << 28) - 8)

extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);
int main(void);
_Noreturn void pp_guest_start(void);

// Constructors first, then main; what main returns is the exit code.
_Noreturn void pp_guest_start(void) {
    for (void (*const *f)(void) = __init_array_start; f != __init_array_end; f++) (*f)();
    pp_guest_halt(main());
}

void read_input(const uint8_t **data, size_t *size) {
    *size = (size_t)*(const volatile uint64_t *)INPUT;
    // Whoever makes a proof chooses this word; pointers behind it must not wrap.
    if (*size > INPUT_MAX) pp_guest_halt(PP_EXIT_INPUT);
    *data = INPUT + 8;
}

_Noreturn void abort(void) {
    pp_guest_halt(PP_EXIT_PANIC);
}
_Noreturn void exit(int code) {
    pp_guest_halt(code);
}
