// SPDX-License-Identifier: MIT OR Apache-2.0
// Input and output of a guest, with the names of eth-act/zkvm-standards "io-interface".
#ifndef PP_GUEST_ZKVM_IO_H
#define PP_GUEST_ZKVM_IO_H

#include <stddef.h>
#include <stdint.h>

// The whole private input, in place and read-only; the same answer at every call. *data is
// 8-aligned. A proof names the input by its id and does not contain it,
// but is not zero-knowledge.
void read_input(const uint8_t **data, size_t *size);
// Appends to the public output, which a proof shows to everybody. More than 256 bytes in all end
// the run.
void write_output(const uint8_t *data, size_t size);

#endif
