// SPDX-License-Identifier: MIT OR Apache-2.0
// What a polypoly guest has beside the standard names of zkvm_io.h and zkvm_accelerators.h.
// main() returns the exit code; only a run that ends with 0 can be proven.
#ifndef PP_GUEST_POLYPOLY_H
#define PP_GUEST_POLYPOLY_H

#include <stddef.h>
#include <stdint.h>

#include "zkvm_io.h"

// The heap: zero at the start, from the end of bss to _heap_end (64 MiB unless the linker is given
// --defsym=PP_HEAP_SIZE=n).
extern uint8_t _heap_start[], _heap_end[];

// The next size bytes of the heap, zero, 16-aligned; NULL when it is used up. Never given back.
void *pp_alloc(size_t size);

// The input's first 8 bytes as a little-endian number, or `otherwise` when it is shorter.
uint64_t pp_input_u64(uint64_t otherwise);

// Debug text: shown by `polypoly run`, no part of a proof.
void pp_print(const char *text);
void pp_print_u64(uint64_t v);
void pp_print_hex(const void *data, size_t size);

// Ends the run. Exit codes of the library itself:
enum {
    PP_EXIT_PANIC = 101,
    PP_EXIT_OUTPUT = 102, // write_output: refused
    PP_EXIT_INPUT = 103,  // read_input: longer than any input; only a forger's is
};
_Noreturn void pp_guest_halt(long code);
// Names the broken invariant as debug text, then halts with PP_EXIT_PANIC.
_Noreturn void pp_panic(const char *file, int line, const char *what);

// The bare system call 64: fd 1, 2 debug text, 3 public output. Returns size.
long pp_guest_write(long fd, const void *data, size_t size);

#endif
