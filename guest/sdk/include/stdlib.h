// SPDX-License-Identifier: MIT OR Apache-2.0
// The part of <stdlib.h> that guests get. free does nothing: see pp_alloc in polypoly.h.
#ifndef PP_GUEST_STDLIB_H
#define PP_GUEST_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *p);
_Noreturn void abort(void); // ends the run with exit code PP_EXIT_PANIC
_Noreturn void exit(int code);

#endif
