// SPDX-License-Identifier: MIT OR Apache-2.0
// What the tests of this folder share: small programs built in memory, captured debug text, qemu.
#ifndef PP_VM_TEST_SUPPORT_H
#define PP_VM_TEST_SUPPORT_H

#include <stdio.h>

#include "base/test.h"
#include "vm/encode.h"
#include "vm/vm.h"

#define SUPPORT_TEXT ((uint64_t)0x10000)

// Debug text of a run, gathered. Free data when done.
typedef struct gathered {
    uint8_t *data;
    size_t size, max;
} gathered;
void gather(void *ctx, int fd, pp_bytes text); // a pp_vm_options.debug

// An ELF of the code at SUPPORT_TEXT (RX) and bss_size zero bytes (RW) at bss, 0 for none.
// malloc'ed; aborts on what the loader refuses, since tests build only good ones.
uint8_t *support_elf(pp_program *program, const pp_asm *code, uint64_t bss, uint64_t bss_size);

// Runs the program's qemu copy and gives what it wrote to fd 1; fd 3 goes to output (at most
// PP_OUTPUT_MAX bytes are kept). Returns the exit code, or -1 when qemu could not be started.
int support_qemu(gathered *text, uint8_t output[PP_OUTPUT_MAX], size_t *output_size,
                 const pp_program *program, pp_bytes input);
bool support_have_qemu(void);

// Reads an .xz file of the shared data (pp_test_shared); false when it is not there.
bool support_data_xz(gathered *out, const char *name);

#endif
