// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/guest_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "rv64/owned.h"

enum { PROGRAM_FILE_MAX = 256 << 20 };

bool pp_guest_file_read(pp_err *err, pp_guest_file *out, const char *path) {
    size_t size;
    memset(out, 0, sizeof *out);
    if (!pp_file_read(err, &out->file, &size, path, PROGRAM_FILE_MAX)) return false;
    pp_elf_code code = pp_elf_load(&out->program, (pp_bytes){out->file, size});
    if (code == PP_ELF_OK) return true;
    free(out->file);
    out->file = NULL;
    return pp_err_set(err, PP_EXIT_USAGE, "%s is no guest program: %s", path, pp_elf_reason(code));
}

void pp_guest_file_free(pp_guest_file *guest) {
    free(guest->file);
}

static bool read_stdin(pp_err *err, pp_guest_input *out) {
    size_t max = 1 << 16, size = 0, n;
    uint8_t *data = malloc(max);
    while (data != NULL && (n = fread(data + size, 1, max - size, stdin)) > 0) {
        size += n;
        if (size > PP_VM_INPUT_MAX) {
            free(data);
            return pp_err_set(err, PP_EXIT_USAGE, "stdin: longer than an input may be (%llu bytes)",
                              (unsigned long long)PP_VM_INPUT_MAX);
        }
        if (size < max) continue;
        uint8_t *more = realloc(data, max *= 2);
        if (more == NULL) free(data);
        data = more;
    }
    if (data == NULL) return pp_err_set(err, PP_EXIT_USAGE, "stdin: no memory for the input");
    if (ferror(stdin)) {
        free(data);
        return pp_err_set(err, PP_EXIT_USAGE, "stdin: cannot be read");
    }
    out->file = data;
    out->bytes = (pp_bytes){data, size};
    return true;
}

bool pp_guest_input_read(pp_err *err, pp_guest_input *out, const char *path) {
    memset(out, 0, sizeof *out);
    if (strcmp(path, "-") == 0) return read_stdin(err, out);
    size_t size;
    if (!pp_file_read(err, &out->file, &size, path, PP_VM_INPUT_MAX)) return false;
    out->bytes = (pp_bytes){out->file, size};
    return true;
}

void pp_guest_input_number(pp_guest_input *out, uint64_t number) {
    memset(out, 0, sizeof *out);
    pp_store_le64(out->number, number);
    out->bytes = (pp_bytes){out->number, sizeof out->number};
}

void pp_guest_input_free(pp_guest_input *input) {
    free(input->file);
}

bool pp_guest_cost(pp_err *err, pp_prove_cost *out, const pp_program *program, pp_bytes input) {
    pp_machine_owned machine = {0};
    if (!pp_machine_own(err, &machine)) return false;
    bool ok = pp_prove_cost_count(err, out, machine.machine, program, input, NULL);
    pp_machine_disown(&machine);
    return ok;
}
