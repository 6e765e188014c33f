// SPDX-License-Identifier: MIT OR Apache-2.0
// Large vectors on huge pages where the system has them: a page costs far less to come by, and
// passes over columns that lie far apart find their addresses sooner. Native.
#ifndef PP_CPU_MEMORY_H
#define PP_CPU_MEMORY_H

#include "base/base.h"

// malloc, aligned to 64 bytes; calloc. NULL when there is no memory; free() frees.
void *pp_large_alloc(size_t count, size_t size);
void *pp_large_zeroed(size_t count, size_t size);

#endif
