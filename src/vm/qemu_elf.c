// SPDX-License-Identifier: MIT OR Apache-2.0
// pp_qemu_elf PROGRAM INPUT|- OUT: the copy of a guest that qemu-riscv64 can run.
//   build/bin/pp_qemu_elf guest.elf input.bin /tmp/copy && qemu-riscv64 /tmp/copy 3>output
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "vm/encode.h"

int main(int argc, char **argv) {
    pp_err err;
    uint8_t *file = NULL, *input = NULL, *copy;
    size_t file_size, input_size = 0, copy_size;
    pp_program program;
    if (argc != 4) {
        fprintf(stderr, "usage: pp_qemu_elf PROGRAM INPUT|- OUT\n");
        return PP_EXIT_USAGE;
    }
    if (!pp_file_read(&err, &file, &file_size, argv[1], PP_VM_PROGRAM_END) ||
        (strcmp(argv[2], "-") != 0 &&
         !pp_file_read(&err, &input, &input_size, argv[2], PP_VM_INPUT_MAX))) {
        fprintf(stderr, "pp_qemu_elf: %s\n", err.text);
        return PP_EXIT_USAGE;
    }
    pp_elf_code code = pp_elf_load(&program, (pp_bytes){file, file_size});
    if (code != PP_ELF_OK) {
        fprintf(stderr, "pp_qemu_elf: %s is %s\n", argv[1], pp_elf_reason(code));
        return PP_EXIT_NO;
    }
    copy = pp_elf_for_qemu(&copy_size, &program, (pp_bytes){input, input_size});
    if (copy == NULL) {
        fprintf(stderr, "pp_qemu_elf: no memory for the copy of %s with its input\n", argv[1]);
        return PP_EXIT_USAGE;
    }
    if (!pp_file_write(&err, argv[3], copy, copy_size, 0755)) {
        fprintf(stderr, "pp_qemu_elf: %s\n", err.text);
        return PP_EXIT_USAGE;
    }
    free(copy);
    free(input);
    free(file);
    return PP_EXIT_YES;
}
