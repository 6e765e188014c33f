// SPDX-License-Identifier: MIT OR Apache-2.0
// Program and input files of the commands that take guests.
#ifndef PP_CLI_GUEST_FILE_H
#define PP_CLI_GUEST_FILE_H

#include "base/err.h"
#include "prove/cost.h"
#include "vm/elf.h"

typedef struct pp_guest_file {
    uint8_t *file; // program is a view into it
    pp_program program;
} pp_guest_file;

// Reads and checks a program; on failure one sentence and nothing to free.
PP_NODISCARD bool pp_guest_file_read(pp_err *err, pp_guest_file *out, const char *path);
void pp_guest_file_free(pp_guest_file *guest);

typedef struct pp_guest_input {
    uint8_t *file; // owned, or NULL
    uint8_t number[8];
    pp_bytes bytes;
} pp_guest_input;

// Reads an input file, - for stdin. On failure one sentence and nothing to free.
PP_NODISCARD bool pp_guest_input_read(pp_err *err, pp_guest_input *out, const char *path);
// A number as 8 bytes, little-endian: what --input-u64 means. bytes points into *out.
void pp_guest_input_number(pp_guest_input *out, uint64_t number);
void pp_guest_input_free(pp_guest_input *input);

// Runs a program, which must halt with exit code 0, and counts what proving it takes.
PP_NODISCARD bool pp_guest_cost(pp_err *err, pp_prove_cost *out, const pp_program *program,
                                pp_bytes input);

#endif
