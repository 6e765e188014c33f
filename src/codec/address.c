// SPDX-License-Identifier: MIT OR Apache-2.0
#include "codec/address.h"

#include <string.h>

#include "hash/keccak.h"

char *pp_address_text(char out[PP_ADDRESS_TEXT], const pp_address *address) {
    pp_hash32 hash;
    out[0] = '0';
    out[1] = 'x';
    pp_hex_encode(out + 2, address->b, 20);
    pp_keccak256(&hash, (const uint8_t *)out + 2, 40);
    for (size_t i = 0; i < 40; i++) {
        bool upper = (hash.b[i / 2] >> (i % 2 ? 0 : 4) & 15) >= 8;
        char *c = &out[2 + i];
        if (upper && *c >= 'a') *c = (char)(*c - 'a' + 'A');
    }
    return out;
}

pp_address_fault pp_address_read(pp_address *out, const char *text) {
    char right[PP_ADDRESS_TEXT];
    bool lower = false, upper = false;
    if (strlen(text) != 42 || strncmp(text, "0x", 2) != 0 || !pp_hex_decode(out->b, 20, text + 2))
        return PP_ADDRESS_FORMAT;
    for (const char *c = text + 2; *c != 0; c++) {
        lower = lower || (*c >= 'a' && *c <= 'f');
        upper = upper || (*c >= 'A' && *c <= 'F');
    }
    bool good = !lower || !upper || strcmp(text, pp_address_text(right, out)) == 0;
    return good ? PP_ADDRESS_GOOD : PP_ADDRESS_CHECKSUM;
}
