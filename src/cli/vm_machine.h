// SPDX-License-Identifier: MIT OR Apache-2.0
// The virtual machine's tables for the commands that prove and verify.
#ifndef PP_CLI_VM_MACHINE_H
#define PP_CLI_VM_MACHINE_H

#include "air/air.h"
#include "base/err.h"

typedef struct pp_cli_machine {
    void *memory;
    const pp_machine *machine;
    pp_hash32 vm_id; // pp_machine_id of it
} pp_cli_machine;

// Builds them; on failure one sentence and nothing to free.
PP_NODISCARD bool pp_cli_machine_build(pp_err *err, pp_cli_machine *out);
void pp_cli_machine_free(pp_cli_machine *m);

// 32 bytes as hex digits, with or without 0x.
PP_NODISCARD bool pp_cli_parse_hash(pp_hash32 *out, const char *text);
// A decimal or 0x number below 2^64, the whole text.
PP_NODISCARD bool pp_cli_parse_u64(uint64_t *out, const char *text);
// A number of bytes: 500M, 2G, 2.5GiB, with K, M, G or T as powers of 2^10.
PP_NODISCARD bool pp_cli_parse_size(uint64_t *out, const char *text);
// "name      0x…" on stdout, as text or as a JSON member.
void pp_cli_print_hash(const char *name, const pp_hash32 *hash, bool json);

#endif
