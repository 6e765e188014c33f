// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly id, polypoly input-id: the names of programs and inputs.
#include <stdio.h>

#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/words.h"
#include "vm/vm.h"

static int print_id(const pp_hash32 *id) {
    char hex[65];
    pp_hex_encode(hex, id->b, sizeof id->b);
    printf("0x%s\n", hex);
    return pp_cli_flush();
}

static int run_id(int argc, char **argv) {
    if (argc != 2) return pp_cli_usage("id", "one program, please");
    pp_err err;
    pp_guest_file guest;
    if (strcmp(argv[1], "--vm") == 0) {
        pp_hash32 vm;
        pp_vm_id(&vm);
        return print_id(&vm);
    }
    if (!pp_guest_file_read(&err, &guest, argv[1])) return pp_cli_fail(&err);
    pp_hash32 id;
    pp_program_id(&id, &guest.program);
    pp_guest_file_free(&guest);
    return print_id(&id);
}

static int run_input_id(int argc, char **argv) {
    pp_err err;
    pp_guest_input input;
    uint64_t number;
    bool is_number = argc > 1 && strcmp(argv[1], "--input-u64") == 0;
    if (argc != (is_number ? 3 : 2) || (argv[1][0] == '-' && argv[1][1] != 0 && !is_number))
        return pp_cli_usage("input-id", "one file, please, or --input-u64 N");
    if (is_number && !pp_cli_parse_u64(&number, argv[2]))
        return pp_cli_usage("input-id", "--input-u64 takes a number below 2^64, not '%s'", argv[2]);
    if (is_number)
        pp_guest_input_number(&input, number);
    else if (!pp_guest_input_read(&err, &input, argv[1]))
        return pp_cli_fail(&err);
    pp_hash32 id;
    bool fits = pp_input_id(&id, input.bytes);
    pp_guest_input_free(&input);
    PP_ASSERT(fits); // reading stops at the same limit
    return print_id(&id);
}

const pp_cli_command pp_cmd_id = {
    "id", "print the id of a guest program",
    "usage: polypoly id PROGRAM | --vm\n"
    "\n"
    "Prints program_id: the machine, every byte of memory the program starts with, its entry.\n"
    "The same on every machine; symbols and other parts that are not loaded do not count.\n"
    "With --vm prints vm_id, the hash of the machine's tables that all program ids hold.\n"
    "\n"
    "example: polypoly id build/guests/fib.elf\n"
    "\n"
    "Exit codes: 0 printed; 2 usage, or no guest program.\n",
    run_id};

const pp_cli_command pp_cmd_input_id = {
    "input-id", "print the id of an input",
    "usage: polypoly input-id FILE | --input-u64 N\n"
    "\n"
    "Prints input_id, by which a request or a proof names a private input; - is stdin.\n"
    "With --input-u64 the input is N as 8 bytes, little-endian, as for polypoly run and prove.\n"
    "\n"
    "example: polypoly input-id letter.txt\n"
    "\n"
    "Exit codes: 0 printed; 2 usage, or the file cannot be read.\n",
    run_input_id};
