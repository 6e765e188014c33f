// SPDX-License-Identifier: MIT OR Apache-2.0
// Addresses as people write them: "0x" and 40 hex digits, whose letters' case is a checksum
// (EIP-55).
#ifndef PP_CODEC_ADDRESS_H
#define PP_CODEC_ADDRESS_H

#include "base/base.h"

enum { PP_ADDRESS_TEXT = 43 }; // with the NUL

// Writes the address with its checksum, and gives out.
char *pp_address_text(char out[PP_ADDRESS_TEXT], const pp_address *address);

typedef enum pp_address_fault {
    PP_ADDRESS_GOOD,
    PP_ADDRESS_FORMAT,   // not 0x and 40 hex digits
    PP_ADDRESS_CHECKSUM, // letters of both cases, and not the right ones: a digit may be mistyped
} pp_address_fault;
// Reads the whole text. All digits of one case are taken without a checksum, as EIP-55 asks.
PP_NODISCARD pp_address_fault pp_address_read(pp_address *out, const char *text);

#endif
