// SPDX-License-Identifier: MIT OR Apache-2.0
// What a proof says, and what a market pays for. Types only.
#ifndef PP_VM_CLAIM_H
#define PP_VM_CLAIM_H

#include "base/base.h"

// The public output of a guest: at most this many bytes in all (guest ABI version 1).
enum { PP_OUTPUT_MAX = 256 };

// There is an input with id input_id with which the program halts with code 0 having written
// output. context binds a proof to one request and one prover; it is absorbed before all else.
typedef struct pp_claim {
    pp_hash32 vm_id;
    pp_hash32 program_id;
    pp_hash32 input_id;
    pp_hash32 context;
    uint32_t output_size; // <= PP_OUTPUT_MAX
    uint8_t output[PP_OUTPUT_MAX];
} pp_claim;

#endif
