// SPDX-License-Identifier: MIT OR Apache-2.0
// Programs and inputs that an operator has put beside a prover: DIR/shelf/NAME.elf and
// DIR/shelf/NAME.input. With them it bids for requests that are no rollup's. A request names both
// by id, so nothing in the folder is believed: what has another id is of no use for it. DIR/held is
// another one, which the prover fills itself: what it has promised to prove it must not lose.
#ifndef PP_PROVER_SHELF_H
#define PP_PROVER_SHELF_H

#include "host/guest.h"

enum {
    PP_SHELF_MAX = 256,               // files of each kind
    PP_SHELF_PROGRAM_MAX = 16 << 20,  // bytes
    PP_SHELF_INPUT_MAX = 64 << 20,    // bytes of one
    PP_SHELF_INPUTS_BYTES = 512 << 20 // of all
};

typedef struct pp_shelf_input {
    pp_hash32 id;
    uint8_t *data;
    size_t size;
} pp_shelf_input;

typedef struct pp_shelf {
    char dir[4096 + 16];
    uint64_t sight; // of the names, sizes and times of its files, when it was read; 0: never
    size_t programs_len, inputs_len, inputs_bytes;
    pp_guest *programs[PP_SHELF_MAX]; // heap, and their files
    pp_shelf_input inputs[PP_SHELF_MAX];
} pp_shelf;

// DIR/NAME.
void pp_shelf_open(pp_shelf *out, const char *dir, const char *name);
void pp_shelf_close(pp_shelf *shelf); // all zero is fine
// Reads the folder anew where a file has come, gone or changed; what cannot be read, or is too
// much, is left out. What was handed out before is gone then.
void pp_shelf_look(pp_shelf *shelf);
// NULL when it is not there. Valid until the next look that finds a change.
const pp_guest *pp_shelf_program(const pp_shelf *shelf, const pp_hash32 *program_id);
// False when it is not there.
PP_NODISCARD bool pp_shelf_input_get(pp_bytes *out, const pp_shelf *shelf,
                                     const pp_hash32 *input_id);

// Puts both there for what was promised about them, synced, under their ids; makes the folder.
// program NULL: the input only. False with one sentence: no disk, or no room on
// the shelf.
PP_NODISCARD bool pp_shelf_put(pp_err *err, pp_shelf *shelf, const pp_guest *program,
                               const pp_hash32 *input_id, pp_bytes input);
// Removes what was put there and has none of these ids, and what was handed out of it.
void pp_shelf_keep(pp_shelf *shelf, const pp_hash32 *ids, size_t len);

#endif
