// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/vm_machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rv64/rv64.h"

bool pp_cli_machine_build(pp_err *err, pp_cli_machine *out) {
    pp_arena keep, scratch;
    pp_air_error error;
    out->memory = malloc(PP_RV64_KEEP_SIZE);
    void *scratch_memory = malloc(PP_AIR_SCRATCH_SIZE);
    out->machine = NULL;
    if (out->memory != NULL && scratch_memory != NULL) {
        pp_arena_init(&keep, out->memory, PP_RV64_KEEP_SIZE);
        pp_arena_init(&scratch, scratch_memory, PP_AIR_SCRATCH_SIZE);
        out->machine = pp_rv64_machine(&keep, &scratch, &error);
    }
    free(scratch_memory);
    if (out->machine == NULL) {
        free(out->memory);
        return pp_err_set(err, PP_EXIT_USAGE, "no memory for the machine's tables (16 MiB)");
    }
    pp_machine_id(&out->vm_id, out->machine);
    return true;
}

void pp_cli_machine_free(pp_cli_machine *m) {
    free(m->memory);
}

bool pp_cli_parse_hash(pp_hash32 *out, const char *text) {
    return pp_hex_decode(out->b, sizeof out->b, text);
}

bool pp_cli_parse_u64(uint64_t *out, const char *text) {
    char *end;
    bool hex = text[0] == '0' && text[1] == 'x';
    if (text[0] < '0' || text[0] > '9') return false;
    errno = 0;
    *out = strtoull(text, &end, hex ? 16 : 10);
    return *end == 0 && errno == 0;
}

bool pp_cli_parse_size(uint64_t *out, const char *text) {
    static const char units[] = "KMGT";
    if (text[0] < '0' || text[0] > '9') return false;
    char *end;
    double value = strtod(text, &end);
    for (const char *u = units; *end != 0 && *u != 0; u++) {
        value *= 1024;
        if (*end != *u) continue;
        end += 1;
        if (strcmp(end, "iB") == 0 || strcmp(end, "B") == 0) end += strlen(end);
        break;
    }
    if (*end != 0 || value >= 1e18) return false;
    *out = (uint64_t)value;
    return true;
}

void pp_cli_print_hash(const char *name, const pp_hash32 *hash, bool json) {
    char hex[65];
    pp_hex_encode(hex, hash->b, sizeof hash->b);
    if (json)
        printf("\"%s\": \"0x%s\", ", name, hex);
    else
        printf("%-10s  0x%s\n", name, hex);
}
