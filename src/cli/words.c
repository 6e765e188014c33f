// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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
