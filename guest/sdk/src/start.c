// SPDX-License-Identifier: MIT OR Apache-2.0
// From _start to main: constructors first, then main; what main returns is the exit code.
#include "polypoly.h"

extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);
int main(void);
_Noreturn void pp_guest_start(void);

_Noreturn void pp_guest_start(void) {
    for (void (*const *f)(void) = __init_array_start; f != __init_array_end; f++) (*f)();
    pp_guest_halt(main());
}
